// The tokens of an answer, which the tests and the journal read back.
#include "tds/tokens/token_reader.hpp"
#include "tests/fuzz/target.hpp"

using namespace tdsfake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto [version, payload] = fuzz::split(input);
    const auto tokens = tds::parse_tokens(payload, version);
    if (tokens.has_error()) return 0;
    fuzz::must(tokens.value().size() <= payload.size(), "every token takes a byte at least", input);
    return 0;
}
