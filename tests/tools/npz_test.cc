#include "tools/npz.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/tools/files.h"
#include "tools/npy.h"
#include "tools/numbers.h"

namespace henson::tools {
namespace {

using Shape = std::vector<std::int64_t>;

/// The message that reading an npz with one array `x` of these bytes gives, after the file's name.
std::string refusal(const std::string& array, const std::string& name = "x.npy") {
  const TestFolder folder;
  write_zip(folder / "in.npz", {{name, array}});
  try {
    read_npz(folder / "in.npz");
  } catch (const Error& error) {
    const std::string prefix = (folder / "in.npz").string() + ": ";
    EXPECT_TRUE(error.message().starts_with(prefix)) << error.message();
    return error.message().substr(prefix.size());
  }
  return "read";
}

std::string refusal_of_file(const std::string& bytes) {
  const TestFolder folder;
  write_file(folder / "in.npz", bytes);
  try {
    read_npz(folder / "in.npz");
  } catch (const Error& error) {
    return error.message().substr((folder / "in.npz").string().size() + 2);
  }
  return "read";
}

Tensor read_one(const std::string& array, bool deflate = false) {
  const TestFolder folder;
  write_zip(folder / "in.npz", {{"x.npy", array}}, deflate);
  return read_npz(folder / "in.npz").at(0).tensor;
}

TEST(Npz, ReadsWhatNumPyWrites) {
  const std::vector<std::int64_t> ids{101, -1, 3, 4, 5, 6};
  for (const bool deflate : {false, true}) {
    const Tensor tensor = read_one(npy("<i8", "(2, 3)", bytes_of(ids)), deflate);
    EXPECT_EQ(tensor.dtype(), DType::kInt64);
    EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
    const auto values = tensor.values<std::int64_t>();
    EXPECT_EQ(std::vector(values.begin(), values.end()), ids);
  }
}

TEST(Npz, EveryDtype) {
  EXPECT_EQ(read_one(npy("|b1", "(2,)", {"\x00\x02", 2})).dtype(), DType::kBool);
  EXPECT_EQ(read_one(npy("|u1", "(1,)", "a")).dtype(), DType::kUInt8);
  EXPECT_EQ(read_one(npy("|i1", "(1,)", "a")).dtype(), DType::kInt8);
  EXPECT_EQ(read_one(npy("<i2", "(1,)", "ab")).dtype(), DType::kInt16);
  EXPECT_EQ(read_one(npy("<i4", "(1,)", "abcd")).dtype(), DType::kInt32);
  EXPECT_EQ(read_one(npy("<f2", "(1,)", "ab")).dtype(), DType::kFloat16);
  EXPECT_EQ(read_one(npy("<f4", "(1,)", "abcd")).dtype(), DType::kFloat32);
  EXPECT_EQ(read_one(npy("<f8", "(1,)", "abcdefgh")).dtype(), DType::kFloat64);
}

TEST(Npz, BooleansBecomeZeroAndOne) {
  const Tensor flags = read_one(npy("|b1", "(3,)", {"\x00\x01\xff", 3}));
  EXPECT_EQ(integer_at(flags, 0), 0);
  EXPECT_EQ(integer_at(flags, 1), 1);
  EXPECT_EQ(integer_at(flags, 2), 1);
}

TEST(Npz, ScalarsAndEmptyArrays) {
  EXPECT_EQ(read_one(npy("<f4", "()", "abcd")).shape(), Shape{});
  EXPECT_EQ(read_one(npy("<f4", "(0, 3)", "")).shape(), (Shape{0, 3}));
  EXPECT_EQ(read_one(npy("<f4", "(4611686018427387904, 0, 8)", "")).element_count(), 0);
}

TEST(Npz, FortranOrder) {
  const std::vector<std::int32_t> columns{0, 3, 1, 4, 2, 5};
  const Tensor tensor = read_one(
      npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }", bytes_of(columns)));
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(integer_at(tensor, i), static_cast<int>(i));
}

TEST(Npz, FortranOrderOfThreeDimensions) {
  std::vector<std::int32_t> turned;
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) turned.push_back(i * 12 + j * 4 + k);
    }
  }
  const Tensor tensor = read_one(
      npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 4), }", bytes_of(turned)));
  for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(integer_at(tensor, i), static_cast<int>(i));
}

TEST(Npz, HeadersOfOtherWritersAndVersions) {
  EXPECT_EQ(
      read_one(npy("{\"shape\":(2L,),\"fortran_order\":False,\"descr\":\"|u1\"}", "ab")).shape(),
      Shape{2});
  for (const char version : {'\2', '\3'}) {
    const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}\n";
    const std::string file = std::string("\x93NUMPY") + version + '\0' +
                             static_cast<char>(header.size()) + std::string(3, '\0') + header +
                             "ab";
    EXPECT_EQ(read_one(file).shape(), Shape{2});
  }
}

TEST(Npz, RefusesDtypes) {
  EXPECT_EQ(
      refusal(npy(">f4", "(1,)", "abcd")),
      "array `x`: dtype '>f4' is big-endian; convert it with .astype(dtype.newbyteorder('<'))");
  EXPECT_EQ(refusal(npy("|O", "(1,)", "abcd")),
            "array `x`: dtype '|O' holds Python objects, which are not read; save a numeric array");
  EXPECT_EQ(refusal(npy("<V2", "(1,)", "ab")),
            "array `x`: dtype '<V2' is not supported; save it as bool, uint8, int8 to int64 or "
            "float16 to float64 (bfloat16 as float32)");
  EXPECT_EQ(
      refusal(npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }", "abcd")),
      "array `x`: holds records; save each field as an array of its own");
}

TEST(Npz, RefusesSizes) {
  EXPECT_EQ(refusal(npy("<f4", "(2, 2)", "abcd")),
            "array `x`: float32 (2, 2) needs 16 bytes of elements; there are 4");
  EXPECT_EQ(refusal(npy("<f4", "(1,)", "abcdefgh")),
            "array `x`: float32 (1,) needs 4 bytes of elements; there are 8");
  EXPECT_EQ(refusal(npy("<f4", "(4294967296, 4294967296)", "abcd")),
            "array `x`: float32 (4294967296, 4294967296) needs more than 2^64 bytes of elements; "
            "there are 4");
  EXPECT_EQ(refusal(npy("<f4", "(99999999999999999999,)", "abcd")),
            "array `x`: its npy header cannot be read, at character 69");
  std::string shape = "(";
  for (int i = 0; i < 65; ++i) shape += "1,";
  EXPECT_EQ(refusal(npy("<f4", shape + ")", "abcd")), "array `x`: has more than 64 dimensions");
}

TEST(Npz, RefusesHeaders) {
  EXPECT_EQ(refusal("hello, this is text"), "array `x`: not an npy array");
  EXPECT_EQ(refusal(""), "array `x`: not an npy array");
  EXPECT_EQ(refusal(std::string("\x93NUMPY\x04\x00", 8) + "abcdefgh"),
            "array `x`: npy version 4; versions 1 to 3 are read");
  EXPECT_EQ(refusal(std::string("\x93NUMPY\x01\x00\xff\x01{", 11)),
            "array `x`: its npy header is cut off");
  EXPECT_EQ(refusal(std::string("\x93NUMPY\x02\x00\xff\x01", 10)),
            "array `x`: its npy header is cut off");
  EXPECT_EQ(refusal(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12)),
            "array `x`: its npy header has 4294967295 bytes; at most 65536 are read");
  EXPECT_EQ(refusal(npy("{'descr': '<f4', 'fortran_order': False}", "abcd")),
            "array `x`: its npy header cannot be read, at character 41");
  EXPECT_EQ(refusal(npy("{'descr': '<f4', 'descr': '<f4', 'shape': ()}", "abcd")),
            "array `x`: its npy header cannot be read, at character 25");
  EXPECT_EQ(refusal(npy("{'descr': '<f4', 'fortran_order': Maybe, 'shape': ()}", "abcd")),
            "array `x`: its npy header cannot be read, at character 34");
  EXPECT_EQ(refusal(npy("{'descr': '<f4", "abcd")),
            "array `x`: its npy header cannot be read, at character 10");
}

TEST(Npz, RefusesEntries) {
  EXPECT_EQ(refusal("abc", "notes.txt"),
            "entry `notes.txt` is no array: its name does not end in .npy");
}

TEST(Npz, RefusesFiles) {
  EXPECT_EQ(refusal_of_file(""), "an empty file; write the .npz again");
  EXPECT_EQ(refusal_of_file("<!DOCTYPE html>"), "not an .npz file (a zip of .npy arrays)");
  EXPECT_EQ(refusal_of_file(npy("<f4", "(1,)", "abcd")),
            "a single .npy array; save it by numpy.savez");
  EXPECT_THROW(read_npz("no/such/file.npz"), Error);
  EXPECT_THROW(read_npz("."), Error);
}

TEST(Npz, RefusesDamagedFiles) {
  const TestFolder folder;
  write_zip(folder / "in.npz", {{"x.npy", npy("<f4", "(2,)", "abcdefgh")}});
  const std::string whole = read_file(folder / "in.npz");
  for (std::size_t size = 2; size < whole.size(); ++size) {  // every truncation is refused
    write_file(folder / "in.npz", whole.substr(0, size));
    EXPECT_THROW(read_npz(folder / "in.npz"), Error) << size;
  }
  std::string damaged = whole;
  damaged[damaged.find("abcdefgh")] = 'x';
  write_file(folder / "in.npz", damaged);
  try {
    read_npz(folder / "in.npz");
    FAIL() << "a bad checksum was not seen";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("array `x`: bad checksum"), std::string::npos)
        << error.message();
  }
}

TEST(Npz, WritesWhatItReads) {
  const TestFolder folder;
  const std::vector<float> numbers{1.5F, -2, 3, 4, 5, 6};
  const std::vector<std::int64_t> labels{7};
  write_npz(folder / "out.npz", {{"0", Tensor::borrow(std::span(numbers), {2, 3})},
                                 {"hidden.1", Tensor::borrow(std::span(labels), {})}});
  const std::vector<NamedArray> arrays = read_npz(folder / "out.npz");
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(arrays[0].name, "0");
  EXPECT_EQ(arrays[0].tensor.shape(), (Shape{2, 3}));
  EXPECT_EQ(arrays[0].tensor.values<float>()[1], -2);
  EXPECT_EQ(arrays[1].name, "hidden.1");
  EXPECT_EQ(arrays[1].tensor.shape(), Shape{});
  EXPECT_EQ(arrays[1].tensor.values<std::int64_t>()[0], 7);
}

TEST(Npz, BFloat16IsWrittenAsFloat32) {
  const TestFolder folder;
  const std::vector<std::uint8_t> bits{0x80, 0x3f, 0x20, 0xc0};  // 1, -2.5
  write_npz(folder / "out.npz",
            {{"0", Tensor::borrow(DType::kBFloat16, {2}, std::as_bytes(std::span(bits)))}});
  const Tensor tensor = read_npz(folder / "out.npz").at(0).tensor;
  EXPECT_EQ(tensor.dtype(), DType::kFloat32);
  EXPECT_EQ(tensor.values<float>()[0], 1);
  EXPECT_EQ(tensor.values<float>()[1], -2.5F);
}

TEST(Npz, HeadersAreAlignedTo64Bytes) {
  const std::vector<float> numbers(3);
  for (const Shape& shape : {Shape{3}, Shape{1, 3}, Shape{1, 1, 1, 1, 1, 1, 1, 1, 1, 3}}) {
    const std::vector<std::byte> file = encode_npy(Tensor::borrow(std::span(numbers), shape));
    EXPECT_EQ((file.size() - 12) % 64, 0U);
    EXPECT_EQ(parse_npy_header(file, file.size(), "x").shape, shape);
  }
}

TEST(Npz, NothingIsWrittenWhenOneArrayFails) {
  const TestFolder folder;
  write_file(folder / "out.npz", "old");
  const std::vector<float> numbers{1};
  const Tensor tensor = Tensor::borrow(std::span(numbers), {1});
  EXPECT_THROW(write_npz(folder / "out.npz", {{"a", tensor}, {"a", tensor}}), Error);
  EXPECT_EQ(read_file(folder / "out.npz"), "old");
  EXPECT_THROW(write_npz(folder / "none" / "out.npz", {{"a", tensor}}), Error);
  EXPECT_THROW(write_npz(folder / "out.npz", {}), Error);
  EXPECT_EQ(read_file(folder / "out.npz"), "old");
  const auto left = std::filesystem::directory_iterator(folder.path());
  EXPECT_EQ(std::distance(begin(left), end(left)), 1);
}

}  // namespace
}  // namespace henson::tools
