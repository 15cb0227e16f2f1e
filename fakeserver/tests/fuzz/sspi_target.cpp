// What a client sends to prove itself: NTLM, SPNEGO, or something else.
#include "tds/ntlm.hpp"
#include "tests/fuzz/target.hpp"

using namespace tdsfake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto kind = tds::recognise_sspi(input);
    fuzz::must(!tds::name(kind).empty(), "every kind has a name", input);

    // The challenge answers whatever came before it.
    const auto challenge = tds::encode_ntlm_challenge({.domain = "D", .computer = "C"}, input);
    fuzz::must(
        tds::recognise_sspi(challenge) == tds::sspi_kind::unknown, "a challenge is no client's", input
    );

    const auto who = tds::parse_ntlm_authenticate(input);
    if (who.has_error()) return 0;
    fuzz::must(kind == tds::sspi_kind::ntlm_authenticate, "who names itself says so first", input);
    // UTF-8 takes at most 3 bytes for the 2 of a UTF-16 unit, or for 1 of code page 1252.
    for (const auto* text : {&who->domain, &who->user, &who->workstation})
        fuzz::must(text->size() <= 3 * size, "names come from the message", input);
    return 0;
}
