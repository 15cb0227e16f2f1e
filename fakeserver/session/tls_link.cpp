#include "session/tls_link.hpp"

#include "tds/packet.hpp"
#include "tls/record.hpp"

#include <algorithm>
#include <utility>

namespace tdsfake::session {

std::vector<tls_link::event> tls_link::wrapped(core::byte_view payload) {
    std::vector<event> out;
    engine_.received(payload);
    step(out);
    return out;
}

std::vector<tls_link::event> tls_link::bare(core::byte_view data) {
    std::vector<event> out;
    if (scope_ == scope::everything) {
        engine_.received(data);
        step(out);
        return out;
    }
    // Where a client leaves TLS is its own choice, after the first packet of LOGIN7 or after the last: the
    // first byte behind a record tells.
    record_.insert(record_.end(), data.begin(), data.end());
    while (!record_.empty()) {
        if (in_clear_ || !tls::begins_record(record_.front())) {
            in_clear_ = true;
            out.push_back({.what = event::kind::packets, .data = std::exchange(record_, {})});
            break;
        }
        const auto size = tls::whole_record(record_);
        const auto count = size.has_error() ? record_.size() : *size; // the engine says what is wrong with it
        if (count == 0) break;
        const auto end = record_.begin() + static_cast<std::ptrdiff_t>(count);
        engine_.received(core::byte_view(record_).first(count));
        record_.erase(record_.begin(), end);
        step(out);
    }
    return out;
}

void tls_link::step(std::vector<event>& out) {
    for (;;) {
        switch (engine_.step()) {
        case tls::status::wants_more: return;
        case tls::status::flight_ready:
            out.push_back({.what = event::kind::flight, .data = engine_.take_flight()});
            break;
        case tls::status::established:
            out.push_back({.what = event::kind::completed, .data = engine_.take_flight()});
            bare_ = out.back().data.empty(); // else when it has left
            break;
        case tls::status::data:
            out.push_back(
                {.what = event::kind::packets,
                 .data = engine_.take_plaintext(),
                 .records = engine_.take_record_sizes()}
            );
            break;
        case tls::status::closed: out.push_back({.what = event::kind::closed}); return;
        case tls::status::failed:
            out.push_back({.what = event::kind::failed, .data = carried(engine_.take_ciphertext())});
            return;
        }
    }
}

core::bytes tls_link::carried(core::byte_view records) const {
    core::bytes out;
    if (!wraps() || records.empty()) {
        out.assign(records.begin(), records.end());
    } else {
        tds::encode_packets(out, tds::packet_type::prelogin, records, tds::default_packet_size, 0);
    }
    return out;
}

core::bytes tls_link::encrypt(core::byte_view packets, std::size_t record_size) {
    if (record_size == 0) return engine_.encrypt(packets);
    core::bytes out;
    while (!packets.empty()) {
        const auto content = packets.first(std::min(record_size, packets.size()));
        const auto records =
            content.size() > tls::longest_content ? engine_.forge_data(content) : engine_.encrypt(content);
        out.insert(out.end(), records.begin(), records.end());
        packets = packets.subspan(content.size());
    }
    return out;
}

} // namespace tdsfake::session
