// The state that a client wants back when it reconnects.
#include "tds/session_recovery.hpp"
#include "tests/fuzz/target.hpp"

using namespace tdsfake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto recovery = tds::parse_session_recovery(input);
    if (recovery.has_error()) return 0;
    std::size_t taken = 0;
    for (const auto* block : {&recovery->initial, &recovery->changed}) {
        taken += 4 + 3 + block->collation.size();
        for (const auto& state : block->states)
            taken += 2 + state.value.size();
    }
    fuzz::must(taken <= size, "every part comes from the message", input);
    fuzz::must(recovery->database().size() <= 3 * size, "so does the database", input);
    fuzz::must(recovery->language().size() <= 3 * size, "and the language", input);
    return 0;
}
