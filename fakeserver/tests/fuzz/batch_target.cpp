// SQL batch and ALL_HEADERS.
#include "tds/request.hpp"
#include "tests/fuzz/target.hpp"

using namespace tdsfake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto [version, payload] = fuzz::split(input);
    const auto batch = tds::parse_sql_batch(payload, version);
    if (batch.has_error()) return 0;
    fuzz::must(batch.value().headers.size <= payload.size(), "the headers lie inside", input);
    const auto again = tds::parse_sql_batch(tds::encode_sql_batch(batch.value(), version), version);
    fuzz::must(again.has_value(), "what was written is accepted", input);
    fuzz::must(again.value().sql == batch.value().sql, "round trip of the text", input);
    fuzz::must(
        again.value().headers.transaction_descriptor == batch.value().headers.transaction_descriptor,
        "round trip of the transaction descriptor",
        input
    );
    return 0;
}
