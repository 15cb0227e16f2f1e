// RPC requests.
#include "tds/request.hpp"
#include "tests/fuzz/target.hpp"

using namespace tdsfake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto [version, payload] = fuzz::split(input);
    const auto request = tds::parse_rpc(payload, version);
    if (request.has_error()) return 0;
    fuzz::must(!request.value().procedure.empty(), "an accepted request names its procedure", input);
    fuzz::must(request.value().procedure_id <= 15, "ids are the known ones", input);
    for (const auto& parameter : request.value().parameters)
        fuzz::must(!tds::describe(parameter).empty(), "every parameter has a description", input);
    fuzz::must(request.value().more.size() <= payload.size(), "every call takes a byte at least", input);
    // UTF-8 takes at most 3 bytes for the 2 of a UTF-16 unit, or for 1 of code page 1252.
    fuzz::must(
        request.value().sql.size() <= 3 * payload.size(), "the statement comes from the message", input
    );
    return 0;
}
