// A type and a value behind it: as text and back.
#include "tds/types/type_info.hpp"
#include "tds/types/type_writer.hpp"
#include "tests/fuzz/target.hpp"

using namespace tdsfake;

namespace {

// CHAR and its like are padded, and a variant's type has more than one way to be written.
bool comes_back(const tds::sql_type& type) {
    const bool padded =
        type.id == tds::type_id::char_ || type.id == tds::type_id::nchar || type.id == tds::type_id::binary;
    return !padded && type.id != tds::type_id::sql_variant;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto [version, payload] = fuzz::split(input);
    core::byte_reader reader(payload);
    const auto type = tds::read_type_info(reader, version);
    if (type.has_error() || !type.value()) return 0;
    const auto read = tds::read_value(reader, *type.value(), tds::value_place::row);
    if (read.has_error()) return 0;
    const auto& value = read.value();
    const auto shown = tds::literal(*type.value(), value, 100);
    fuzz::must(shown.size() <= 4096 + 64, "a description is short", input);
    const auto& declared = type.value()->declared;
    if (!declared || !value) return 0;
    fuzz::must(value->size() <= payload.size(), "the value comes from the message", input);

    const auto text = tds::value_text(*declared, *value);
    const auto again = tds::parse_value(*declared, text);
    if (again && comes_back(*declared)) {
        fuzz::must(tds::value_text(*declared, *again) == text, "what a text stands for has that text", input);
    }
    for (const auto to : {tds::tds_version::v7_0, tds::tds_version::v7_2, tds::tds_version::v7_4}) {
        const auto wire = tds::wire_type(*declared, {.version = to});
        const auto bytes = tds::converted(*declared, wire, *value);
        core::byte_writer out;
        tds::write_value(out, wire, true, &bytes, tds::value_place::row);
        fuzz::must(out.size() >= bytes.size(), "a value is written whole", input);
    }
    return 0;
}
