// PRELOGIN: strict and lenient reading agree on what both accept, and decode(encode(x)) is x.
#include "tds/prelogin.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

using namespace tdsfake;

namespace {

bool same_options(const tds::prelogin& left, const tds::prelogin& right) {
    return std::ranges::equal(left.options, right.options, [](const auto& a, const auto& b) {
        return a.token == b.token && a.data == b.data;
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto lenient = tds::parse_prelogin_leniently(input);
    const auto strict = tds::parse_prelogin(input);
    if (lenient.has_value()) {
        const auto& message = lenient.value();
        (void)message.version();
        (void)message.instance();
        if (const auto encryption = message.encryption()) {
            const auto name = tds::encryption_name(*encryption);
            fuzz::must(tds::parse_encryption(name) == encryption, "encryption names read back", input);
        }
    }
    if (strict.has_error()) return 0;
    fuzz::must(lenient.has_value(), "what is accepted strictly is accepted leniently", input);
    fuzz::must(same_options(strict.value(), lenient.value()), "both ways read the same", input);
    const auto wire = tds::encode_prelogin(strict.value());
    if (wire.size() > 0xffff) return 0; // options that shared their data no longer do: offsets have 16 bits
    const auto again = tds::parse_prelogin(wire);
    fuzz::must(again.has_value() && same_options(strict.value(), again.value()), "round trip", input);
    return 0;
}
