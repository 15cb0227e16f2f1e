#include "session/row_stream.hpp"

#include <utility>

namespace tdsfake::session {

row_stream::row_stream(
    std::unique_ptr<row_source> rows,
    core::bytes head,
    tds::tds_version version,
    std::size_t packet_size,
    std::uint16_t spid
)
    : rows_(std::move(rows)),
      head_(std::move(head)),
      version_(version),
      packets_(tds::packet_type::tabular_result, packet_size, spid) {}

core::bytes row_stream::next(std::size_t budget) {
    core::bytes out;
    out.reserve(budget + budget / 8);
    packets_.add(std::exchange(head_, {}), out);
    tds::token_writer tokens(version_);
    tokens.forget_marks();
    done_ = !rows_->write(tokens, budget);
    packets_.add(tokens.take().payload, out);
    if (done_) packets_.finish(out);
    return out;
}

core::bytes row_stream::interrupted() {
    core::bytes out;
    packets_.add(std::exchange(head_, {}), out);
    tds::token_writer tokens(version_);
    tokens.done({.status = tds::done_status::error});
    packets_.add(tokens.take().payload, out);
    packets_.finish(out);
    done_ = true;
    return out;
}

} // namespace tdsfake::session
