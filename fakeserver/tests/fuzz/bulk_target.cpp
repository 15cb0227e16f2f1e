// Bulk loads.
#include "tds/request.hpp"
#include "tests/fuzz/target.hpp"

using namespace tdsfake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto [version, payload] = fuzz::split(input);
    const auto load = tds::parse_bulk_load(payload, version);
    if (load.has_error()) return 0;
    fuzz::must(!load.value().columns.empty(), "an accepted load has columns", input);
    fuzz::must(load.value().rows <= payload.size(), "every row takes a byte at least", input);
    for (const auto& column : load.value().columns)
        fuzz::must(!tds::name(column.type).empty(), "every column has a type", input);
    return 0;
}
