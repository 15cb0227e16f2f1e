#include "net/connection_driver.hpp"

#include "net/filters.hpp"
#include "net/socket_option.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace tdsfake::net {

using session::action;

namespace {

constexpr core::duration longest_wait_for_acknowledgement = std::chrono::seconds(5);
// How long a client that has not spoken yet may take to say what it was about to say.
constexpr core::duration longest_first_message = std::chrono::seconds(1);
constexpr int reads_in_a_row = 16;                         // then others have their turn
constexpr std::size_t most_unsent = std::size_t{64} << 20; // then reading waits until half of it has gone

int queued(int socket, unsigned long request) {
    int bytes = 0;
    return ::ioctl(socket, request, &bytes) == 0 ? bytes : 0;
}

constexpr std::size_t forget_at = 256; // actions carried out whose places are given back

bool ends(const action& a) {
    return a.what == action::kind::close || a.what == action::kind::reset || a.what == action::kind::vanish;
}

} // namespace

connection_driver::connection_driver(
    driver_context& context, std::uint32_t server, session::options options, int socket
)
    : context_(context),
      socket_(context.io, socket),
      session_(context.world, server, options) {}

connection_driver::~connection_driver() = default;

void connection_driver::open(const endpoint& peer, std::string_view local) {
    session_.opened(peer.to_string(), local, context_.time.now(), context_.wanted);
    wait_readable();
    carry_out();
}

void connection_driver::timer_expired(std::uint32_t timer) {
    if (timer == own_timer::last_words) return leave();
    if (finished_) return;
    switch (timer) {
    case own_timer::poll:
        polling_ = false;
        flush();
        return;
    case own_timer::heal:
        vanished_ = heals_ = false;
        remove_filter(socket_.native_handle());
        flush();
        return;
    case own_timer::patience: give_up(); return;
    case own_timer::read_again:
        stopped_ = false;
        wait_readable();
        return;
    default: session_.timer_expired(timer, context_.time.now(), context_.wanted); carry_out();
    }
}

void connection_driver::woken(const std::string& signal) {
    if (finished_) return;
    session_.woken(signal, context_.time.now(), context_.wanted);
    carry_out();
}

void connection_driver::end(
    scenario::ending how, std::optional<core::duration> heals_after, bool close_notify
) {
    if (finished_) return;
    session_.end(how, heals_after, close_notify, context_.time.now(), context_.wanted);
    carry_out();
}

void connection_driver::keep_silent_at_exit() {
    // Without CAP_NET_ADMIN this fails, and the kernel sends the FIN it always sends.
    if (vanished_) set_option(socket_.native_handle(), IPPROTO_TCP, TCP_REPAIR, 1);
}

void connection_driver::wait_readable() {
    if (stopped_ || std::exchange(awaited_, true)) return;
    socket_.async_wait(
        socket_.wait_read,
        [self = shared_from_this()](const boost::system::error_code& failure) {
            self->awaited_ = false;
            if (!failure) self->read();
        }
    );
}

// The kernel goes on acknowledging until its buffer is full; then the window is closed. A reset is noticed
// all the same.
void connection_driver::stop_reading(std::optional<core::duration> lasts) {
    context_.timers.stop(id(), own_timer::read_again);
    if (lasts) context_.timers.start(id(), own_timer::read_again, context_.time.now() + *lasts);
    if (std::exchange(stopped_, true)) return;
    socket_.async_wait(
        socket_.wait_error,
        [self = shared_from_this()](const boost::system::error_code& failure) {
            if (failure || self->finished_ || self->fin_read_ || !self->stopped_) return;
            int error = 0;
            socklen_t size = sizeof error;
            ::getsockopt(self->socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
            if (error == 0) return;
            self->peer_reset(self->context_.time.now());
            self->carry_out();
        }
    );
}

void connection_driver::peer_reset(core::instant now) {
    fin_read_ = true;
    outbox_.clear();
    done_ = 0;
    session_.peer_reset(now, context_.wanted);
}

void connection_driver::read() {
    if (lingers_) return take_the_rest();
    if (finished_ || fin_read_ || stopped_) return;
    const auto buffer = context_.read_buffer;
    for (int i = 0; i < reads_in_a_row; ++i) {
        const auto size = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        const auto now = context_.time.now();
        if (size > 0) {
            heard_ = true;
            session_.received(buffer.first(static_cast<std::size_t>(size)), now, context_.wanted);
            if (static_cast<std::size_t>(size) == buffer.size() && !session_.over()) continue;
        } else if (size == 0) {
            fin_read_ = true;
            session_.peer_closed(now, context_.wanted);
        } else if (errno == EINTR) {
            continue;
        } else if (errno != EAGAIN && errno != EWOULDBLOCK) {
            peer_reset(now);
        }
        break;
    }
    carry_out();
    reading_ = unsent_ <= most_unsent;
    if (!finished_ && !fin_read_ && reading_) wait_readable();
}

void connection_driver::carry_out() {
    for (auto& wanted : context_.wanted) {
        // Timers are not for the wire: they never wait for it.
        if (wanted.what == action::kind::start_timer) {
            context_.timers.start(id(), wanted.timer, wanted.at);
        } else if (wanted.what == action::kind::stop_timer) {
            context_.timers.stop(id(), wanted.timer);
        } else {
            unsent_ += wanted.data.size();
            outbox_.push_back(std::move(wanted));
        }
    }
    context_.wanted.clear();
    flush();
    if (context_.world.has_effects()) context_.after_input();
}

void connection_driver::flush() {
    while (done_ < outbox_.size() && !polling_ && !waiting_writable_) {
        if (vanished_ && !reappears()) break;
        if (outbox_[done_].what == action::kind::send ? !send_front() : !end_front()) break;
        ++done_;
    }
    if (done_ < outbox_.size()) {
        if (done_ >= forget_at) {
            outbox_.erase(outbox_.begin(), outbox_.begin() + static_cast<std::ptrdiff_t>(done_));
            done_ = 0;
        }
        const bool ending =
            std::any_of(outbox_.begin() + static_cast<std::ptrdiff_t>(done_), outbox_.end(), ends);
        if (ending && !vanished_ && !std::exchange(patience_runs_, true)) {
            context_.timers.start(
                id(), own_timer::patience, context_.time.now() + longest_wait_for_acknowledgement
            );
        }
    } else {
        outbox_ = {};
        done_ = 0;
        if (session_.over()) {
            finish();
        } else if (session_.wants_drained()) {
            ask_for_more();
        }
    }
    if (!reading_ && !fin_read_ && !finished_ && unsent_ <= most_unsent / 2) {
        reading_ = true;
        wait_readable();
    }
}

// In turn with the other connections: a client that reads fast would otherwise have the thread to itself.
void connection_driver::ask_for_more() {
    if (std::exchange(asking_for_more_, true)) return;
    boost::asio::post(context_.io, [self = shared_from_this()] {
        self->asking_for_more_ = false;
        if (self->finished_ || self->done_ < self->outbox_.size()) return;
        self->session_.drained(self->context_.time.now(), self->context_.wanted);
        self->carry_out();
    });
}

// The client acknowledges nothing: the ending comes all the same, and what was to be sent before it is lost.
void connection_driver::give_up() {
    patience_over_ = true;
    waiting_writable_ = polling_ = false;
    written_ = 0;
    const auto first = outbox_.begin() + static_cast<std::ptrdiff_t>(done_);
    const auto ending = std::find_if(first, outbox_.end(), ends);
    outbox_.erase(first, ending);
    flush();
}

// An ending brings a vanished connection back; what was to be sent in the dark is lost.
bool connection_driver::reappears() {
    if (heals_) return false;
    const auto first = outbox_.begin() + static_cast<std::ptrdiff_t>(done_);
    const auto ending = std::find_if(first, outbox_.end(), [](const action& a) {
        return a.what == action::kind::close || a.what == action::kind::reset;
    });
    if (ending == outbox_.end()) return false;
    outbox_.erase(first, ending);
    vanished_ = false;
    remove_filter(socket_.native_handle());
    return true;
}

bool connection_driver::send_front() {
    auto& next = outbox_[done_];
    const int fd = socket_.native_handle();
    if ((segment_open_ || next.own_segment) && written_ == 0 && queued(fd, SIOCOUTQNSD) > 0) {
        poll_again();
        return false;
    }
    polls_ = 0;
    while (written_ < next.data.size()) {
        const auto sent =
            ::send(fd, next.data.data() + written_, next.data.size() - written_, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            written_ += static_cast<std::size_t>(sent);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            wait_writable();
            return false;
        }
        break; // reset by the peer: reading tells
    }
    segment_open_ = next.own_segment;
    unsent_ -= std::min(unsent_, next.data.size());
    next.data = {};
    written_ = 0;
    return true;
}

void connection_driver::wait_writable() {
    waiting_writable_ = true;
    socket_.async_wait(
        socket_.wait_write,
        [self = shared_from_this()](const boost::system::error_code& failure) {
            if (failure || self->finished_ || !std::exchange(self->waiting_writable_, false)) return;
            self->flush();
        }
    );
}

bool connection_driver::end_front() {
    const auto& next = outbox_[done_];
    const int fd = socket_.native_handle();
    switch (next.what) {
    case action::kind::half_close: ::shutdown(fd, SHUT_WR); return true;
    case action::kind::close:
        // After the client's FIN nothing unread is left, and close() sends ours.
        if (!fin_read_) {
            if (!std::exchange(shut_, true)) ::shutdown(fd, SHUT_WR);
            // close() while bytes are unread sends RST, and that destroys what the client has not
            // acknowledged.
            if (!everything_acknowledged()) return false;
        }
        session_.ended(context_.time.now());
        return true;
    case action::kind::reset: {
        if (!everything_acknowledged()) return false;
        const linger abort{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
        session_.ended(context_.time.now());
        return true;
    }
    case action::kind::vanish:
        if (!everything_acknowledged()) return false;
        set_option(fd, IPPROTO_TCP, TCP_QUICKACK, 1); // sends an acknowledgement still owed
        drop_everything(fd);
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
        vanished_ = true;
        heals_ = next.heals_after.has_value();
        if (next.heals_after) {
            context_.timers.start(id(), own_timer::heal, context_.time.now() + *next.heals_after);
        }
        return true;
    case action::kind::stop_reading: stop_reading(next.heals_after); return true;
    default: return true;
    }
}

bool connection_driver::everything_acknowledged() {
    if (patience_over_ || queued(socket_.native_handle(), SIOCOUTQ) == 0) {
        polls_ = 0;
        patience_runs_ = patience_over_ = false;
        context_.timers.stop(id(), own_timer::patience);
        return true;
    }
    poll_again();
    return false;
}

void connection_driver::poll_again() {
    // The kernel tells nobody when its queue has emptied: 50 µs, 100 µs, … 5 ms.
    const auto pause = std::min<core::duration>(
        std::chrono::microseconds(50) * (1U << std::min(polls_, 7U)), std::chrono::milliseconds(5)
    );
    ++polls_;
    polling_ = true;
    context_.timers.start(id(), own_timer::poll, context_.time.now() + pause);
}

void connection_driver::finish() {
    if (std::exchange(finished_, true)) return;
    context_.timers.stop_all(id());
    if (shut_ && !fin_read_) {
        // Unread bytes would turn the FIN into a RST; and a client closed before it has spoken is just about
        // to: whether it then reads the end or meets a RST must not be a race.
        lingers_ = true;
        stopped_ = false;
        context_.timers.start(id(), own_timer::last_words, context_.time.now() + longest_first_message);
        return take_the_rest();
    }
    leave();
}

void connection_driver::take_the_rest() {
    const auto buffer = context_.read_buffer;
    for (int i = 0; i < reads_in_a_row; ++i) {
        const auto size = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (size <= 0) return leave();
    }
    if (heard_) return leave();
    wait_readable();
}

void connection_driver::leave() {
    lingers_ = false;
    context_.timers.stop_all(id());
    boost::system::error_code ignored;
    ignored = socket_.close(ignored);
    context_.finished(id());
}

} // namespace tdsfake::net
