// Files of weights are hostile too.
#include "loader/weights_file.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using test::PickleMaker;
using test::TempFile;

/// A safetensors file of this header and so many bytes.
std::string safetensors(const std::string& header, std::size_t bytes) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> (8 * i) & 0xff);
  file += header;
  for (std::size_t i = 0; i < bytes; ++i) file += static_cast<char>(i);
  return file;
}

NamedTensors read(const std::string& bytes) {
  const TempFile file(".safetensors");
  file.write(bytes);
  return read_safetensors(file.path());
}

std::string error_of_file(const std::string& bytes) {
  return test::error_of([&] { read(bytes); });
}

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}}";
}

TEST(Safetensors, AreReadByName) {
  const NamedTensors tensors =
      read(safetensors(R"({"__metadata__":{"format":"pt"},)"
                       R"("b":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]},)"
                       R"("a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}})",
                       10));
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].first, "a");
  EXPECT_EQ(tensors[0].second->dtype, DType::kBFloat16);
  EXPECT_EQ(tensors[1].second->shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(tensors[1].second->strides, (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(std::to_integer<int>(tensors[1].second->storage->bytes()[0]), 2);
}

TEST(Safetensors, ThatAreDamagedAreRefused) {
  EXPECT_EQ(error_of_file("short"), "not a safetensors file: it is too short");
  EXPECT_EQ(error_of_file(std::string(8, '\xff') + "{}"),
            "not a safetensors file: its header would have 18446744073709551615 bytes");
  EXPECT_EQ(error_of_file(safetensors("{", 0)), "the header is no JSON");
  EXPECT_EQ(error_of_file(safetensors("[]", 0)), "the header is no object");
  EXPECT_EQ(error_of_file(safetensors(std::string(100000, '['), 0)), "the header nests too deep");
  EXPECT_EQ(error_of_file(safetensors(R"({"a":3})", 0)), "the tensor 'a' has no \"dtype\"");
  EXPECT_EQ(error_of_file(safetensors(R"({"a":{},"a":{}})", 0)), "the header has two members 'a'");
  EXPECT_EQ(error_of_file(safetensors(one("F8_E4M3", "[1]", "[0,1]"), 1)),
            "the tensor 'a' is of type F8_E4M3, which is not supported");
  EXPECT_EQ(error_of_file(safetensors(one("F32", "[-1]", "[0,4]"), 4)),
            "\"shape\" of the tensor 'a' holds what is no size");
  EXPECT_EQ(error_of_file(safetensors(one("F32", "[4294967296,4294967296]", "[0,4]"), 4)),
            "the sizes of the tensor 'a' overflow");
  for (const char* const offsets : {"[0,8]", "[4,0]", "[1,5]", "[0]", "[0,3]"}) {
    EXPECT_EQ(
        error_of_file(safetensors(one("F32", "[1]", offsets), 4)),
        "the tensor 'a' has 4 bytes, and its data_offsets say otherwise or lie outside of the "
        "file")
        << offsets;
  }
  const std::string member = R"({"dtype":"U8","shape":[300],"data_offsets":[0,300]})";
  std::string header = "{";
  for (int i = 0; i < 30; ++i) header += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + member;
  EXPECT_EQ(error_of_file(safetensors(header + '}', 300)), "its tensors lie over one another");
  EXPECT_EQ(read(safetensors(one("F32", "[0,9223372036854775807]", "[0,0]"), 0)).size(), 1U);
}

/// What torch.save writes of {"w": a [2, 3] tensor}, with versions noted as an attribute.
std::string state_dict(const std::string& name = "w", std::int64_t rows = 2) {
  return PickleMaker()
      .global("collections", "OrderedDict")
      .raw(")R(")
      .text(name)
      .tensor("FloatStorage", "0", 6, 0, {rows, 3}, {3, 1})
      .raw("u}(")
      .text("_metadata")
      .global("collections", "OrderedDict")
      .raw(")Rub")
      .stop();
}

NamedTensors read_zip(const std::string& pickle, const test::Entries& more = {}) {
  test::Entries entries{{"m/data.pkl", pickle},
                        {"m/data/0", test::bytes_of<float>({1, 2, 3, 4, 5, 6})}};
  entries.insert(entries.end(), more.begin(), more.end());
  const TempFile file(".bin");
  test::write_zip(file.path(), entries);
  return read_state_dict(file.path());
}

TEST(StateDict, IsReadWithoutRunningAnything) {
  const NamedTensors tensors = read_zip(state_dict());
  ASSERT_EQ(tensors.size(), 1U);
  EXPECT_EQ(tensors[0].first, "w");
  EXPECT_EQ(tensors[0].second->shape, (std::vector<std::int64_t>{2, 3}));
}

TEST(StateDict, ThatIsDamagedOrHostileIsRefused) {
  const auto error = [](const std::string& pickle, const test::Entries& more = {}) {
    return test::error_of([&] { read_zip(pickle, more); });
  };
  EXPECT_NE(error(PickleMaker().global("os", "system").raw("(").text("true").raw("tR").stop())
                .find("the name 'os.system' is not allowed"),
            std::string::npos);
  EXPECT_NE(error(state_dict("w", 3)), "");
  EXPECT_NE(error(PickleMaker().integer(3).stop()).find("is no state_dict"), std::string::npos);
  EXPECT_NE(error(PickleMaker().raw("}(").text("a").integer(3).raw("u").stop())
                .find("an item of the state_dict is no tensor with a name"),
            std::string::npos);
  EXPECT_NE(error(state_dict(), {{"m/byteorder", "big"}}).find("big-endian"), std::string::npos);
  EXPECT_NE(error(state_dict(), {{"n/data.pkl", state_dict()}}).find("several pickles"),
            std::string::npos);
  const TempFile old(".bin");
  old.write("\x80\x02\x8a\x0a");
  EXPECT_NE(test::error_of([&] { read_state_dict(old.path()); }).find("not a zip file"),
            std::string::npos);
}

}  // namespace
}  // namespace henson::loader
