#include "core/bytes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tdsfake::core {
namespace {

TEST(ByteReader, ReadsBothByteOrders) {
    const bytes data{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d,
                     0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19};
    byte_reader reader(data);
    EXPECT_EQ(reader.u8(), 0x01);
    EXPECT_EQ(reader.u16_le(), 0x0302);
    EXPECT_EQ(reader.u32_le(), 0x07060504U);
    EXPECT_EQ(reader.u64_le(), 0x0f0e0d0c0b0a0908U);
    EXPECT_EQ(reader.u16_be(), 0x1011);
    EXPECT_EQ(reader.u32_be(), 0x12131415U);
    EXPECT_EQ(reader.position(), 21U);
    EXPECT_EQ(reader.remaining(), 4U);
    EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, YieldsZeroPastTheEndAndStaysFailed) {
    const bytes data{0xaa, 0xbb, 0xcc};
    byte_reader reader(data);
    EXPECT_EQ(reader.u32_le(), 0U);
    EXPECT_FALSE(reader.ok());
    // Three bytes are there, but a parser must not go on after a field that was cut.
    EXPECT_EQ(reader.u8(), 0);
    EXPECT_TRUE(reader.take(1).empty());
    EXPECT_TRUE(reader.rest().empty());
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.position(), 0U);
}

TEST(ByteReader, TakesSlicesAndTheRest) {
    const bytes data{1, 2, 3, 4};
    byte_reader reader(data);
    const auto slice = reader.take(3);
    EXPECT_EQ(bytes(slice.begin(), slice.end()), (bytes{1, 2, 3}));
    const auto rest = reader.rest();
    EXPECT_EQ(bytes(rest.begin(), rest.end()), (bytes{4}));
    EXPECT_TRUE(reader.rest().empty());
    EXPECT_TRUE(reader.ok()) << "an empty rest is no error";
}

TEST(ByteReader, RefusesAHugeCountWithoutWrappingAround) {
    const bytes data{1, 2, 3, 4};
    byte_reader reader(data);
    reader.u8();
    EXPECT_TRUE(reader.take(static_cast<std::size_t>(-1)).empty());
    EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, TakesNothingFromNothing) {
    byte_reader reader({});
    EXPECT_TRUE(reader.take(0).empty());
    EXPECT_TRUE(reader.ok());
}

TEST(ByteWriter, WritesBothByteOrders) {
    byte_writer writer;
    writer.u8(0x01);
    writer.u16_le(0x0302);
    writer.u32_le(0x07060504);
    writer.u64_le(0x0f0e0d0c0b0a0908);
    writer.u16_be(0x1011);
    writer.u32_be(0x12131415);
    bytes expected;
    for (std::uint8_t i = 1; i <= 0x15; ++i)
        expected.push_back(i);
    EXPECT_EQ(writer.take(), expected);
}

TEST(ByteWriter, AppendsFillsAndPatches) {
    byte_writer writer;
    writer.u16_le(0);
    writer.append(std::string_view("ab"));
    writer.append(bytes{0xff});
    writer.fill(2, 0x7e);
    writer.patch_u16_le(0, writer.size());
    EXPECT_EQ(writer.take(), (bytes{7, 0, 'a', 'b', 0xff, 0x7e, 0x7e}));
}

TEST(ByteWriter, KeepsTheLowBytesOfAValueThatIsTooLarge) {
    byte_writer writer;
    writer.u8(0x1ff);
    writer.u16_be(0x12345);
    EXPECT_EQ(writer.take(), (bytes{0xff, 0x23, 0x45}));
}

} // namespace
} // namespace tdsfake::core
