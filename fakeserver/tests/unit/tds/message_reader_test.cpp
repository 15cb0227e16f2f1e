#include "tds/packet.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::hex;

// The next message, which has to be there.
message must_read(message_reader& reader) {
    auto read = reader.next();
    if (read.has_error()) {
        ADD_FAILURE() << read.error().message();
        return {};
    }
    if (!read.value()) {
        ADD_FAILURE() << "the reader wants more bytes";
        return {};
    }
    return *read.value();
}

bool wants_more(message_reader& reader) {
    const auto read = reader.next();
    return read.has_value() && !read.value().has_value();
}

boost::system::error_code error_of(std::string_view wire) {
    message_reader reader;
    reader.feed(hex(wire));
    return reader.next().error();
}

TEST(MessageReader, ReadsAMessageOfOnePacket) {
    message_reader reader;
    EXPECT_TRUE(wants_more(reader));
    reader.feed(hex("01 09 00 0a 00 00 01 00  61 00"));
    const auto read = must_read(reader);
    EXPECT_EQ(read.type, 0x01);
    EXPECT_EQ(read.status, 0x09);
    EXPECT_EQ(read.packets, 1U);
    EXPECT_EQ(read.payload, hex("61 00"));
    EXPECT_TRUE(wants_more(reader));
    EXPECT_EQ(reader.pending(), 0U);
}

TEST(MessageReader, ReadsAnEmptyMessage) {
    message_reader reader;
    reader.feed(hex("06 01 00 08 00 00 01 00"));
    const auto read = must_read(reader);
    EXPECT_EQ(read.type, 0x06);
    EXPECT_TRUE(read.payload.empty());
}

TEST(MessageReader, JoinsPackets) {
    message_reader reader;
    reader.feed(hex("01 08 00 0a 00 00 01 00  01 02   01 00 00 09 00 00 02 00  03   01 03 00 08 00 00 03 00")
    );
    const auto read = must_read(reader);
    EXPECT_EQ(read.packets, 3U);
    EXPECT_EQ(read.payload, hex("01 02 03"));
    EXPECT_EQ(read.status, 0x0b) << "reset of the first packet, end and ignore of the last";
}

TEST(MessageReader, TakesEndAndIgnoreFromTheLastPacketOnly) {
    message_reader reader;
    reader.feed(hex("01 02 00 08 00 00 01 00  01 09 00 08 00 00 02 00"));
    EXPECT_EQ(must_read(reader).status, 0x01);
}

TEST(MessageReader, SeparatesMessagesThatCameTogether) {
    message_reader reader;
    reader.feed(hex("01 01 00 09 00 00 01 00 aa  06 01 00 08 00 00 01 00  12 01 00 09 00 00 01 00"));
    EXPECT_EQ(must_read(reader).payload, hex("aa"));
    EXPECT_EQ(must_read(reader).type, 0x06);
    EXPECT_TRUE(wants_more(reader));
    EXPECT_EQ(reader.pending(), 8U);
    reader.feed(hex("bb"));
    EXPECT_EQ(must_read(reader).payload, hex("bb"));
}

TEST(MessageReader, DoesNotCareWhereTheStreamIsCut) {
    const auto wire =
        hex("10 00 00 0b 00 00 01 00 01 02 03  10 01 00 0a 00 00 02 00 04 05  06 01 00 08 00 00 01 00");
    for (std::size_t first = 0; first <= wire.size(); ++first) {
        for (std::size_t second = first; second <= wire.size(); ++second) {
            message_reader reader;
            std::vector<message> read;
            const core::byte_view all(wire);
            for (const auto piece :
                 {all.first(first), all.subspan(first, second - first), all.subspan(second)}) {
                reader.feed(piece);
                for (;;) {
                    const auto next = reader.next();
                    ASSERT_TRUE(next.has_value()) << first << ' ' << second;
                    if (!next.value()) break;
                    read.push_back(*next.value());
                }
            }
            ASSERT_EQ(read.size(), 2U) << first << ' ' << second;
            ASSERT_EQ(read[0].payload, hex("01 02 03 04 05"));
            ASSERT_EQ(read[1].type, 0x06);
        }
    }
}

TEST(MessageReader, TellsWhatIsPending) {
    message_reader reader;
    reader.feed(hex("10 00 00 0a 00 00 01 00 01 02  10 01 00"));
    EXPECT_TRUE(wants_more(reader));
    EXPECT_EQ(reader.pending(), 5U);
    EXPECT_EQ(reader.partial().type, 0x10);
    EXPECT_EQ(reader.partial().payload, hex("01 02"));
    EXPECT_EQ(core::to_hex(reader.unparsed()), "10 01 00");
}

TEST(MessageReader, DeliversAttentionOutOfAnUnfinishedMessage) {
    message_reader reader;
    reader.feed(hex("07 00 00 0a 00 00 01 00 01 02  06 01 00 08 00 00 01 00"));
    const auto read = must_read(reader);
    EXPECT_EQ(read.type, 0x06);
    EXPECT_TRUE(read.payload.empty()) << "the unfinished message is dropped";
    reader.feed(hex("01 01 00 09 00 00 01 00 cc"));
    EXPECT_EQ(must_read(reader).payload, hex("cc"));
}

TEST(MessageReader, RejectsAnotherTypeInsideAMessage) {
    message_reader reader;
    reader.feed(hex("01 00 00 09 00 00 01 00 aa"));
    EXPECT_TRUE(wants_more(reader));
    reader.feed(hex("03"));
    EXPECT_EQ(reader.next().error(), wire_errc::bad_packet_type);
}

TEST(MessageReader, RejectsGarbageAtItsFirstByte) {
    EXPECT_EQ(error_of("47"), wire_errc::bad_packet_type); // "GET / HTTP/1.1"
    EXPECT_EQ(error_of("16 03 01"), wire_errc::bad_packet_type);
    EXPECT_EQ(error_of("00"), wire_errc::bad_packet_type);
    EXPECT_EQ(error_of("ff ff ff ff ff ff ff ff ff"), wire_errc::bad_packet_type);
}

TEST(MessageReader, RejectsLengthsAsSoonAsTheyAreKnown) {
    EXPECT_EQ(error_of("12 01 00 07"), wire_errc::bad_packet_length);
    EXPECT_EQ(error_of("12 01 00 00"), wire_errc::bad_packet_length);
    EXPECT_EQ(error_of("12 01 80 00"), wire_errc::bad_packet_length); // 32768
    EXPECT_EQ(error_of("12 01 ff ff"), wire_errc::bad_packet_length);
    message_reader largest;
    largest.feed(hex("12 01 7f ff"));
    EXPECT_TRUE(wants_more(largest));
}

TEST(MessageReader, ObeysASmallerLimitOfPackets) {
    message_reader reader(1000, 16);
    reader.feed(hex("12 01 00 11"));
    EXPECT_EQ(reader.next().error(), wire_errc::bad_packet_length);
}

TEST(MessageReader, RejectsAMessageThatIsTooLong) {
    message_reader reader(4);
    reader.feed(hex("12 00 00 0c 00 00 01 00 01 02 03 04"));
    EXPECT_TRUE(wants_more(reader)) << "exactly the limit";
    reader.feed(hex("12 01 00 09"));
    EXPECT_EQ(reader.next().error(), wire_errc::message_too_long) << "told before the byte is there";
}

TEST(MessageReader, RepeatsItsErrorForEver) {
    message_reader reader;
    reader.feed(hex("47 45 54"));
    EXPECT_EQ(reader.next().error(), wire_errc::bad_packet_type);
    reader.feed(hex("12 01 00 08 00 00 01 00"));
    EXPECT_EQ(reader.next().error(), wire_errc::bad_packet_type);
    EXPECT_EQ(core::to_hex(reader.unparsed()), "47 45 54") << "where the frame was lost, for the hexdump";
}

TEST(MessageReader, DeliversWhatCameBeforeTheError) {
    message_reader reader;
    reader.feed(hex("01 01 00 09 00 00 01 00 aa  47 45 54 20"));
    EXPECT_EQ(must_read(reader).payload, hex("aa"));
    EXPECT_EQ(reader.next().error(), wire_errc::bad_packet_type);
    EXPECT_EQ(core::to_hex(reader.unparsed()), "47 45 54 20");
}

TEST(MessageReader, LosesNothingWhenItReleasesMemory) {
    message_reader reader;
    reader.feed(hex("06 01 00 08 00 00 01 00  10 00 00 0a 00 00 01 00 01 02  10 01 00"));
    EXPECT_EQ(must_read(reader).type, 0x06);
    EXPECT_TRUE(wants_more(reader));
    reader.release_memory();
    EXPECT_EQ(reader.pending(), 5U);
    reader.feed(hex("09 00 00 02 00 03"));
    EXPECT_EQ(must_read(reader).payload, hex("01 02 03"));
    reader.release_memory();
    EXPECT_EQ(reader.pending(), 0U);
}

TEST(MessageReader, ReadsBackWhatEncodePacketsWrites) {
    core::bytes payload;
    for (std::size_t i = 0; i < 5000; ++i)
        payload.push_back(static_cast<std::uint8_t>(i * 7));
    for (const std::size_t packet_size : {9U, 512U, 4096U, 5007U, 5008U, 5009U, 32767U}) {
        core::bytes wire;
        encode_packets(wire, packet_type::tabular_result, payload, packet_size, 51);
        message_reader reader;
        reader.feed(wire);
        const auto read = must_read(reader);
        EXPECT_EQ(read.payload, payload);
        EXPECT_EQ(read.packets, (payload.size() + packet_size - 9) / (packet_size - 8)) << packet_size;
    }
}

} // namespace
} // namespace tdsfake::tds
