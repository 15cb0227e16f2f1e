// What the fuzz targets share. A target is given bytes, and aborts when the decoder breaks a promise that is
// more than not to crash: the sanitizers see over-reading, `must` sees the rest.
#pragma once

#include "core/bytes.hpp"
#include "core/hex.hpp"
#include "tds/version.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace tdsfake::fuzz {

inline void must(bool held, const char* promise, core::byte_view input) {
    if (held) return;
    std::fprintf(stderr, "broken promise: %s\ninput: %s\n", promise, core::to_hex(input).c_str());
    std::abort();
}

// The first byte chooses the TDS version, the rest is the message: one corpus covers narrow and wide forms.
struct versioned {
    tds::tds_version version;
    core::byte_view payload;
};
inline versioned split(core::byte_view input) {
    if (input.empty()) return {tds::tds_version::v7_4, {}};
    return {static_cast<tds::tds_version>(input[0] % 8), input.subspan(1)};
}

} // namespace tdsfake::fuzz

extern "C" int
LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size); // NOLINT(readability-identifier-naming)
