// message_reader: the messages and the error must not depend on where the stream was cut.
#include "tds/packet.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

using namespace tdsfake;

namespace {

struct outcome {
    core::bytes messages; // type, status and payload of each, joined
    int error = 0;
    std::size_t pending = 0;
    bool operator==(const outcome&) const = default;
};

outcome read_all(core::byte_view stream, std::size_t piece, bool releases) {
    tds::message_reader reader(4096);
    outcome seen;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        reader.feed(stream.subspan(at, std::min(piece, stream.size() - at)));
        for (;;) {
            const auto next = reader.next();
            if (next.has_error()) {
                seen.error = next.error().value();
                return seen;
            }
            const auto& message = next.value();
            if (!message) break;
            seen.messages.push_back(message->type);
            seen.messages.push_back(message->status);
            seen.messages.insert(seen.messages.end(), message->payload.begin(), message->payload.end());
        }
        if (releases) reader.release_memory();
    }
    seen.pending = reader.pending();
    return seen;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    const auto whole = read_all(input, size + 1, false);
    fuzz::must(whole == read_all(input, 1, false), "byte by byte gives what the whole gives", input);
    fuzz::must(whole == read_all(input, 7, true), "releasing memory loses nothing", input);

    // What is written can be read.
    core::bytes wire;
    const std::size_t packet_size = size == 0 ? 0 : data[0];
    tds::encode_packets(wire, tds::packet_type::tabular_result, input, packet_size, 51);
    tds::message_reader reader;
    reader.feed(wire);
    const auto read = reader.next();
    fuzz::must(read.has_value() && read.value().has_value(), "encoded packets are a message", input);
    fuzz::must(read.value()->payload == core::bytes(input.begin(), input.end()), "payload unchanged", input);
    return 0;
}
