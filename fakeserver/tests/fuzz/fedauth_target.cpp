// Federated authentication: the feature of LOGIN7, and the message that brings a token.
#include "tds/fedauth.hpp"
#include "tests/fuzz/target.hpp"

using namespace tdsfake;

namespace {

void judge(const core::bytes& token, const core::bytes& nonce, core::byte_view input) {
    fuzz::must(nonce.empty() || nonce.size() == tds::fedauth_nonce_size, "a nonce has 32 bytes", input);
    fuzz::must(token.size() + nonce.size() <= input.size(), "both come from the message", input);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    if (const auto feature = tds::parse_fedauth_feature(input); feature.has_value()) {
        judge(feature->token, feature->nonce, input);
        fuzz::must(feature->has_token() || feature->token.empty(), "a token only where one belongs", input);
    }
    if (const auto message = tds::parse_fedauth_token(input); message.has_value())
        judge(message->token, message->nonce, input);
    return 0;
}
