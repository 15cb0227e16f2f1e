// Transaction manager requests.
#include "tds/request.hpp"
#include "tests/fuzz/target.hpp"

using namespace tdsfake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto [version, payload] = fuzz::split(input);
    const auto request = tds::parse_transaction_manager(payload, version);
    if (request.has_error()) return 0;
    const auto kind = static_cast<tds::transaction_request>(request.value().kind);
    const bool ends = kind == tds::transaction_request::commit || kind == tds::transaction_request::rollback;
    fuzz::must(ends || !request.value().begins_new, "only an end begins the next transaction", input);
    // Its end is defined: one byte more is no longer the same message.
    core::bytes longer(payload.begin(), payload.end());
    longer.push_back(0);
    const auto more = tds::parse_transaction_manager(longer, version);
    fuzz::must(
        more.has_error() && more.error() == core::wire_errc::extra_bytes, "one byte more is told", input
    );
    return 0;
}
