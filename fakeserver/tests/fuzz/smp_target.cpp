// Headers of SMP: what was read is written and read the same.
#include "tds/smp.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

using namespace tdsfake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tds::smp_header;
    const core::byte_view input(data, size);
    const auto header = tds::parse_smp_header(input);
    fuzz::must(size >= smp_header::size || header.has_error(), "a part of a header is none", input);
    if (header.has_error()) return 0;
    fuzz::must(header->length >= smp_header::size, "a length counts its header", input);
    fuzz::must(
        header->flag == tds::smp_flag::data || header->length == smp_header::size,
        "nothing but DATA carries any",
        input
    );
    fuzz::must(!tds::name(header->flag).empty(), "every flag has a name", input);

    core::bytes again;
    tds::encode_smp(again, header.value(), {}, header->length);
    fuzz::must(std::ranges::equal(again, input.first(smp_header::size)), "round trip", input);
    return 0;
}
