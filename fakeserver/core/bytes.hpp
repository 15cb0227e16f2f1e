// Byte buffers: a reader that never over-reads and a writer that can go back and patch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tdsfake::core {

using bytes = std::vector<std::uint8_t>;
using byte_view = std::span<const std::uint8_t>;

// Reads integers and slices from the front of a view. Errors are sticky: after the first read past the end
// every read yields zero or an empty view, and ok() is false; so a parser reads all fields and asks once.
class byte_reader {
public:
    explicit byte_reader(byte_view data) noexcept : data_(data) {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::size_t position() const noexcept { return position_; }
    [[nodiscard]] std::size_t remaining() const noexcept { return data_.size() - position_; }

    std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(little(1)); }
    std::uint16_t u16_le() noexcept { return static_cast<std::uint16_t>(little(2)); }
    std::uint32_t u32_le() noexcept { return static_cast<std::uint32_t>(little(4)); }
    std::uint64_t u64_le() noexcept { return little(8); }
    std::uint16_t u16_be() noexcept { return static_cast<std::uint16_t>(big(2)); }
    std::uint32_t u32_be() noexcept { return static_cast<std::uint32_t>(big(4)); }

    byte_view take(std::size_t count) noexcept {
        if (!ok_ || count > remaining()) {
            ok_ = false;
            return {};
        }
        const auto slice = data_.subspan(position_, count);
        position_ += count;
        return slice;
    }
    byte_view rest() noexcept { return take(ok_ ? remaining() : 0); }

private:
    std::uint64_t little(std::size_t count) noexcept {
        std::uint64_t value = 0;
        const auto slice = take(count);
        for (std::size_t i = slice.size(); i-- > 0;)
            value = value << 8 | slice[i];
        return value;
    }
    std::uint64_t big(std::size_t count) noexcept {
        std::uint64_t value = 0;
        for (const auto byte : take(count))
            value = value << 8 | byte;
        return value;
    }

    byte_view data_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

// Appends integers and bytes to a buffer it owns.
class byte_writer {
public:
    void u8(std::uint64_t value) { little(value, 1); }
    void u16_le(std::uint64_t value) { little(value, 2); }
    void u32_le(std::uint64_t value) { little(value, 4); }
    void u64_le(std::uint64_t value) { little(value, 8); }
    void u16_be(std::uint64_t value) { big(value, 2); }
    void u32_be(std::uint64_t value) { big(value, 4); }
    void append(byte_view data) { data_.insert(data_.end(), data.begin(), data.end()); }
    void append(std::string_view text) { data_.insert(data_.end(), text.begin(), text.end()); }
    void fill(std::size_t count, std::uint8_t value = 0) { data_.insert(data_.end(), count, value); }

    // Overwrites two bytes written before, for a length known only afterwards.
    void patch_u16_le(std::size_t at, std::uint64_t value) noexcept {
        data_[at] = static_cast<std::uint8_t>(value);
        data_[at + 1] = static_cast<std::uint8_t>(value >> 8);
    }

    [[nodiscard]] std::size_t size() const noexcept { return data_.size(); }
    [[nodiscard]] byte_view view() const noexcept { return data_; }
    [[nodiscard]] bytes take() noexcept { return std::move(data_); }

private:
    void little(std::uint64_t value, int count) {
        for (int i = 0; i < count; ++i)
            data_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    void big(std::uint64_t value, int count) {
        for (int i = count; i-- > 0;)
            data_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }

    bytes data_;
};

} // namespace tdsfake::core
