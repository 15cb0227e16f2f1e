#include "session/shaped_answer.hpp"

#include <algorithm>
#include <utility>

namespace tdsfake::session {

namespace {

// `more` follows `front` in one message.
void append(tds::answer& front, tds::answer&& more) {
    const auto size = front.payload.size();
    front.payload.insert(front.payload.end(), more.payload.begin(), more.payload.end());
    for (const auto& mark : more.marks)
        front.marks.push_back({mark.token, mark.offset + size});
}

// A slow answer is not made long before it leaves.
constexpr std::size_t paced_at_once = 4096;

} // namespace

shaped_answer::shaped_answer(
    const scenario::shapes& shape, const framing& as, tds::answer&& tokens, std::unique_ptr<row_source> rest
)
    : shape_(shape),
      to_(as.to),
      tokens_(std::make_unique<token_shaper>(shape, as.to, as.packet_size)),
      packets_(std::make_unique<packet_shaper>(shape, as.type, as.packet_size, as.spid)),
      bytes_(shape),
      first_(std::move(tokens)),
      rest_(std::move(rest)),
      again_(shape.repeat - 1),
      generated_(rest_ != nullptr) {
    if (!generated_ || again_ == 0) return;
    again_ = 0;
    problems_.emplace_back("repeat: a generated result is sent once");
}

shaped_answer::shaped_answer(const scenario::shapes& shape, core::bytes&& data)
    : shape_(shape),
      bytes_(shape),
      raw_(std::move(data)),
      again_(shape.repeat - 1) {}

std::vector<piece> shaped_answer::next(std::size_t budget) {
    if (done_) {
        // As often as there is room for it.
        std::vector<piece> out;
        std::size_t size = 0;
        do {
            for (const auto& one : whole_) {
                size += one.data.size();
                out.push_back(one);
            }
            --again_;
        } while (again_ > 0 && size < budget && !shape_.of_segments());
        return out;
    }
    std::vector<piece> out;
    if (packets_ == nullptr) {
        done_ = true;
        out = bytes_.shaped(std::move(raw_), {}, true, problems_);
    } else if (rest_ == nullptr) {
        out = shaped(std::exchange(first_, {}), true);
    } else {
        tds::token_writer rows(to_);
        const bool more =
            rest_->write(rows, shape_.pace_bytes > 0 ? std::min(budget, paced_at_once) : budget);
        auto tokens = std::exchange(first_, {});
        append(tokens, rows.take());
        out = shaped(std::move(tokens), !more);
    }
    if (again_ > 0) whole_ = out;
    return out;
}

std::vector<piece> shaped_answer::shaped(tds::answer&& tokens, bool last) {
    auto message = tokens_->shaped(std::move(tokens), last, problems_);
    auto wire = packets_->shaped(std::move(message), last, problems_);
    auto out = bytes_.shaped(std::move(wire.data), wire.marks, last, problems_);
    done_ = last || bytes_.over();
    return out;
}

std::vector<piece> shaped_answer::interrupted() {
    again_ = 0;
    if (done_ || packets_ == nullptr) {
        done_ = true;
        return {};
    }
    tds::token_writer end(to_);
    end.done({.status = tds::done_status::error});
    auto tokens = std::exchange(first_, {});
    append(tokens, end.take());
    auto out = shaped(std::move(tokens), true);
    problems_.clear(); // of what the rest would have had
    for (auto& one : out)
        one.pause.reset();
    return out;
}

core::bytes
shaped_at_once(core::bytes&& data, const scenario::shapes& shape, std::vector<std::string>& problems) {
    shaped_answer answer(shape, std::move(data));
    core::bytes out;
    for (const auto& one : answer.next(0))
        out.insert(out.end(), one.data.begin(), one.data.end());
    for (auto& problem : answer.take_problems())
        problems.push_back(std::move(problem));
    return out;
}

} // namespace tdsfake::session
