// The Browser's datagrams: what one of the three decoders accepts is written back as the same bytes.
#include "tds/ssrp.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

using namespace tdsfake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto same = [&](const core::bytes& wire) { return std::ranges::equal(wire, input); };
    if (const auto request = tds::parse_ssrp_request(input); request.has_value()) {
        fuzz::must(same(tds::encode_ssrp_request(request.value())), "a request reads back", input);
    }
    if (const auto reply = tds::parse_ssrp_reply(input); reply.has_value()) {
        fuzz::must(same(tds::encode_ssrp_reply(reply.value())), "a reply reads back", input);
    }
    if (const auto reply = tds::parse_ssrp_dac_reply(input); reply.has_value()) {
        fuzz::must(same(tds::encode_ssrp_dac_reply(reply.value())), "a DAC reply reads back", input);
    }
    return 0;
}
