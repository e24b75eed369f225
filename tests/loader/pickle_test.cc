#include "loader/pickle.h"

#include <gtest/gtest.h>

#include "loader/limits.h"
#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using test::PickleMaker;

// Storages "0" and "1" have 24 bytes: six floats 0 to 5.
PickleHooks hooks_with_storages() {
  static const auto make = [](const char* key) {
    auto storage = std::make_shared<Storage>(std::string("data/") + key, 24);
    const std::vector<float> values = {0, 1, 2, 3, 4, 5};
    std::copy_n(reinterpret_cast<const std::byte*>(values.data()), 24, storage->data());
    return std::shared_ptr<const Storage>(storage);
  };
  static const auto zero = make("0");
  static const auto one = make("1");
  PickleHooks hooks;
  hooks.storage = [](const std::string& key, const ErrorPlace& place) {
    if (key == "0") return zero;
    if (key == "1") return one;
    throw Error(ErrorCode::kBadArchive, "no storage " + key, place);
  };
  return hooks;
}

Value read(const std::string& bytes) {
  return read_pickle(bytes, "data.pkl", hooks_with_storages());
}

std::string error_reading(const std::string& bytes) {
  return test::error_of([&] { read(bytes); });
}

template <typename T>
const T& as(const Value& value) {
  return *std::get<std::shared_ptr<T>>(value);
}

TEST(Pickle, ReadsScalars) {
  const Value value = read(PickleMaker()
                               .raw("(N\x88\x89J\xfe\xff\xff\xffK\xffM\x01\x02")
                               .raw("G\x3f\xf8")
                               .raw({"\0\0\0\0\0\0", 6})
                               .raw({"\x8a\x00\x8a\x01\x80", 5})
                               .raw({"\x8b\x02\0\0\0\x00\x80", 7})
                               .text("h\xc3\xa9")
                               .raw("U\x02xyt")
                               .stop());
  const auto& items = as<Tuple>(value).items;
  ASSERT_EQ(items.size(), 12U);
  EXPECT_TRUE(std::holds_alternative<None>(items[0]));
  EXPECT_EQ(std::get<bool>(items[1]), true);
  EXPECT_EQ(std::get<bool>(items[2]), false);
  EXPECT_EQ(std::get<std::int64_t>(items[3]), -2);
  EXPECT_EQ(std::get<std::int64_t>(items[4]), 255);
  EXPECT_EQ(std::get<std::int64_t>(items[5]), 513);
  EXPECT_EQ(std::get<double>(items[6]), 1.5);
  EXPECT_EQ(std::get<std::int64_t>(items[7]), 0);
  EXPECT_EQ(std::get<std::int64_t>(items[8]), -128);
  EXPECT_EQ(std::get<std::int64_t>(items[9]), -32768);
  EXPECT_EQ(std::get<std::string>(items[10]), "h\xc3\xa9");
  EXPECT_EQ(std::get<std::string>(items[11]), "xy");
}

TEST(Pickle, ReadsContainersAndSharesWhatTheMemoShares) {
  // [[1, 2], same list, {'a': (3,)}]
  const Value value = read(PickleMaker()
                               .raw("](]q\x05(K\x01K\x02"
                                    "eh\x05}")
                               .text("a")
                               .raw("K\x03\x85se")
                               .stop());
  const auto& items = as<List>(value).items;
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(as<List>(items[0]).items.size(), 2U);
  EXPECT_EQ(std::get<std::shared_ptr<List>>(items[0]), std::get<std::shared_ptr<List>>(items[1]));
  const auto& pairs = as<Dict>(items[2]).items;
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(std::get<std::string>(pairs[0].first), "a");
  EXPECT_EQ(std::get<std::int64_t>(as<Tuple>(pairs[0].second).items.at(0)), 3);
}

TEST(Pickle, ReadsProtocolFour) {
  // A frame, MEMOIZE, SHORT_BINUNICODE and STACK_GLOBAL.
  const std::string bytes = std::string("\x80\x04\x95\x20\0\0\0\0\0\0\0", 11) +
                            "\x8c\x09__torch__\x94\x8c\x01M\x94\x93)\x81}b.";
  EXPECT_EQ(as<Object>(read(bytes)).class_name, "__torch__.M");
}

TEST(Pickle, ReadsObjects) {
  const Value value = read(PickleMaker()
                               .global("__torch__.a", "M")
                               .raw(")\x81}(")
                               .text("n")
                               .raw("K\x07")
                               .text("state")
                               .global("__torch__.torch.classes.quantized", "P")
                               .raw(")\x81K\x01K\x02\x86"
                                    "bub")
                               .stop());
  const auto& object = as<Object>(value);
  EXPECT_EQ(object.class_name, "__torch__.a.M");
  ASSERT_NE(object.find("n"), nullptr);
  EXPECT_EQ(std::get<std::int64_t>(*object.find("n")), 7);
  EXPECT_EQ(object.find("absent"), nullptr);
  const auto& packed = as<Object>(*object.find("state"));
  EXPECT_EQ(packed.class_name, "__torch__.torch.classes.quantized.P");
  ASSERT_NE(packed.state, nullptr);
  EXPECT_EQ(as<Tuple>(*packed.state).items.size(), 2U);
}

TEST(Pickle, ReadsTensorsOfOneStorage) {
  const Value value = read(PickleMaker()
                               .raw("(")
                               .tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1}, "cuda:1")
                               .tensor("FloatStorage", "0", 6, 1, {2}, {0})
                               .raw("t")
                               .stop());
  const auto& first = as<StoredTensor>(as<Tuple>(value).items.at(0));
  const auto& second = as<StoredTensor>(as<Tuple>(value).items.at(1));
  EXPECT_EQ(first.dtype, DType::kFloat32);
  EXPECT_EQ(first.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(first.storage, second.storage);
  EXPECT_EQ(second.offset, 1);
  EXPECT_EQ(second.strides, (std::vector<std::int64_t>{0}));
}

TEST(Pickle, ReadsEveryStorageType) {
  const std::vector<std::pair<const char*, DType>> types = {
      {"DoubleStorage", DType::kFloat64},    {"HalfStorage", DType::kFloat16},
      {"BFloat16Storage", DType::kBFloat16}, {"LongStorage", DType::kInt64},
      {"IntStorage", DType::kInt32},         {"ShortStorage", DType::kInt16},
      {"CharStorage", DType::kInt8},         {"ByteStorage", DType::kUInt8},
      {"BoolStorage", DType::kBool}};
  for (const auto& [name, dtype] : types) {
    const auto count = static_cast<std::int64_t>(24 / size_of(dtype));
    const Value value = read(PickleMaker().tensor(name, "0", count, 0, {3}, {1}).stop());
    EXPECT_EQ(as<StoredTensor>(value).dtype, dtype) << name;
  }
}

PickleMaker quantized(std::string_view type) {
  PickleMaker maker;
  const std::int64_t count = type == "QInt8Storage" ? 24 : 6;
  maker.global("torch._utils", "_rebuild_qtensor").raw("(").storage(type, "0", count);
  maker.integer(0).tuple({2, 3}).tuple({3, 1}).raw("(");
  return maker;
}

TEST(Pickle, ReadsQuantizedTensors) {
  const Value value = read(quantized("QInt8Storage")
                               .global("torch", "per_tensor_affine")
                               .raw("G\x3f\xe0")
                               .raw({"\0\0\0\0\0\0", 6})
                               .raw("K\x03t\x89NtR")
                               .stop());
  const auto& scheme = as<StoredTensor>(value).quantization;
  ASSERT_TRUE(scheme);
  EXPECT_FALSE(scheme->per_channel);
  EXPECT_EQ(scheme->scales, (std::vector<double>{0.5}));
  EXPECT_EQ(scheme->zero_points, (std::vector<std::int64_t>{3}));
}

TEST(Pickle, ReadsTensorsQuantizedPerChannel) {
  const Value value = read(quantized("QInt8Storage")
                               .global("torch", "per_channel_affine")
                               .tensor("FloatStorage", "1", 6, 1, {2}, {2})
                               .tensor("FloatStorage", "1", 6, 4, {2}, {1})
                               .raw({"K\x00t\x89NtR", 7})
                               .stop());
  const auto& scheme = as<StoredTensor>(value).quantization;
  ASSERT_TRUE(scheme);
  EXPECT_TRUE(scheme->per_channel);
  EXPECT_EQ(scheme->scales, (std::vector<double>{1, 3}));
  EXPECT_EQ(scheme->zero_points, (std::vector<std::int64_t>{4, 5}));
}

TEST(Pickle, RefusesScalesThatDoNotFit) {
  EXPECT_EQ(error_reading(quantized("QInt8Storage")
                              .global("torch", "per_channel_affine")
                              .tensor("FloatStorage", "1", 6, 1, {3}, {1})
                              .tensor("FloatStorage", "1", 6, 1, {3}, {1})
                              .raw({"K\x00t\x89NtR", 7})
                              .stop()),
            "data.pkl at byte 494: a quantized tensor whose scales do not fit its channels");
  EXPECT_EQ(error_reading(quantized("FloatStorage").raw("t\x89NtR").stop()),
            "data.pkl at byte 152: a quantized tensor over a storage of float32");
}

TEST(Pickle, NamesWhatIsNotAllowed) {
  EXPECT_EQ(
      error_reading(
          PickleMaker().raw("N0").global("os", "system").text("true").raw("\x85R").stop()),
      "data.pkl at byte 4: the name 'os.system' is not allowed in an archive; nothing was run");
  EXPECT_EQ(
      error_reading(PickleMaker().global("builtins", "eval").stop()),
      "data.pkl at byte 2: the name 'builtins.eval' is not allowed in an archive; nothing was run");
  EXPECT_EQ(error_reading(PickleMaker().global("torch", "ComplexFloatStorage").stop()),
            "data.pkl at byte 2: 'torch.ComplexFloatStorage' is not supported");
  EXPECT_EQ(
      error_reading(PickleMaker().global("__torch__x", "M").stop()),
      "data.pkl at byte 2: the name '__torch__x.M' is not allowed in an archive; nothing was run");
  EXPECT_EQ(error_reading(PickleMaker().global("__torch__", "M").raw(")R").stop()),
            "data.pkl at byte 16: '__torch__.M' cannot be called in an archive");
}

TEST(Pickle, EveryTruncationIsRefused) {
  const std::string whole = test::small_data_pkl();
  EXPECT_EQ(error_reading(whole), "");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(error_reading(whole.substr(0, size)), "") << size;
  }
  EXPECT_EQ(error_reading(whole.substr(0, 22)),
            "data.pkl at byte 20: truncated: 4 bytes are needed here and 2 are left");
}

TEST(Pickle, RefusesAFaultyMachine) {
  EXPECT_EQ(error_reading("hello"), "data.pkl at byte 0: not a pickle of protocol 2 or later");
  EXPECT_EQ(error_reading("\x80\x07."),
            "data.pkl at byte 0: a pickle of protocol 7; 2 to 5 can be read");
  EXPECT_EQ(error_reading("\x80\x02."), "data.pkl at byte 2: an opcode without its operand");
  EXPECT_EQ(error_reading("\x80\x02NN."),
            "data.pkl at byte 4: the pickle stops with values left on its stack");
  EXPECT_EQ(error_reading("\x80\x02t."), "data.pkl at byte 2: an opcode without its mark");
  EXPECT_EQ(error_reading("\x80\x02N(a."), "data.pkl at byte 4: an opcode without its operand");
  EXPECT_EQ(error_reading("\x80\x02h\x01."),
            "data.pkl at byte 2: memo 1 is read and was never written");
  EXPECT_EQ(error_reading("\x80\x02NNa."), "data.pkl at byte 4: what should be a list is none");
  EXPECT_EQ(error_reading("\x80\x02}(Nu."), "data.pkl at byte 5: a key without a value");
  EXPECT_EQ(error_reading("\x80\x02\xff."),
            "data.pkl at byte 2: opcode 0xff is not one that archives use");
  EXPECT_EQ(error_reading("\x80\x02N)R."),
            "data.pkl at byte 4: a value stands where a name should");
  EXPECT_EQ(error_reading(PickleMaker()
                              .raw("\x8a\x09"
                                   "123456789")
                              .stop()),
            "data.pkl at byte 2: an integer of 9 bytes; at most 8 can be");
  EXPECT_EQ(error_reading(PickleMaker().global("torch", "FloatStorage").stop()),
            "data.pkl at byte 22: a name or a storage stands where a value should");
}

TEST(Pickle, RefusesCycles) {
  EXPECT_EQ(error_reading("\x80\x02]q\x01h\x01"
                          "a."),
            "data.pkl at byte 7: a list holds itself");
  EXPECT_EQ(error_reading("\x80\x02}q\x01Nh\x01s."), "data.pkl at byte 8: a dict holds itself");
  // a = []; b = [a]; a.append(b)
  EXPECT_EQ(error_reading("\x80\x02]q\x01]q\x02h\x01"
                          "a0h\x01h\x02"
                          "a."),
            "data.pkl at byte 16: a value changes after another holds it");
  // t = (a,); a.append(t)
  EXPECT_EQ(error_reading("\x80\x02]q\x01\x85q\x02"
                          "0h\x01h\x02"
                          "a."),
            "data.pkl at byte 13: a value changes after another holds it");
}

TEST(Pickle, BoundsDepth) {
  const auto nested = [](std::size_t depth, char open, const char* close) {
    std::string bytes = "\x80\x02" + std::string(depth, open);
    for (std::size_t i = 1; i < depth; ++i) bytes += close;
    return bytes + '.';
  };
  EXPECT_EQ(error_reading(nested(limits::kMaxPickleDepth, ']', "a")), "");
  EXPECT_EQ(error_reading(nested(limits::kMaxPickleDepth + 2, ']', "a")),
            "data.pkl at byte 1028: values nest deeper than 512");
  EXPECT_EQ(error_reading("\x80\x02)" + std::string(600, '\x85') + '.'),
            "data.pkl at byte 515: values nest deeper than 512");
  EXPECT_EQ(error_reading("\x80\x02" + std::string(600, '(') + '.'),
            "data.pkl at byte 514: marks nest too deep");
}

// Tuples of tuples, each twice: 2^500 leaves, were they not shared.
TEST(Pickle, SharedTuplesThatWouldMultiplyAreRefused) {
  std::string bytes = "\x80\x02)";
  for (int i = 0; i < 19; ++i) bytes += "2\x86";
  EXPECT_EQ(error_reading(bytes + '.'), "");
  for (int i = 0; i < 500; ++i) bytes += "2\x86";
  EXPECT_EQ(error_reading(bytes + '.'),
            "data.pkl at byte 42: a value of more than 1048576 parts, with what it shares written "
            "out");
}

TEST(Pickle, BoundsWhatStringsTake) {
  // A string of 1 MB, a thousand times in one list.
  std::string bytes = PickleMaker().raw("](").text(std::string(1 << 20, 'x')).raw("q\x01").stop();
  bytes.pop_back();
  for (int i = 0; i < 1000; ++i) bytes += "h\x01";
  EXPECT_NE(error_reading(bytes + "e.")
                .find(": more than 67108864 bytes of text are made, which no model needs"),
            std::string::npos);
}

TEST(Pickle, BoundsTheNumberOfValues) {
  EXPECT_NE(error_reading("\x80\x02(" + std::string(limits::kMaxPickleValues + 1, 'N') + "t.")
                .find(": more than 1048576 values stand in the pickles, which no model needs"),
            std::string::npos);
}

TEST(Pickle, RefusesBadTensors) {
  EXPECT_EQ(error_reading(PickleMaker().tensor("FloatStorage", "0", 6, 0, {2, 4}, {4, 1}).stop()),
            "data.pkl at byte 178: a tensor of shape [2, 4], strides [4, 1], offset 0 reaches "
            "outside its storage data/0 of 24 bytes");
  EXPECT_EQ(error_reading(PickleMaker().tensor("FloatStorage", "0", 7, 0, {2}, {1}).stop()),
            "data.pkl at byte 94: storage data/0 should have 28 bytes and has 24");
  EXPECT_EQ(error_reading(PickleMaker().tensor("FloatStorage", "0", INT64_MAX, 0, {2}, {1}).stop()),
            "data.pkl at byte 94: storage 0 with an impossible number of elements, "
            "9223372036854775807");
  EXPECT_EQ(error_reading(PickleMaker().tensor("FloatStorage", "9", 6, 0, {2}, {1}).stop()),
            "data.pkl at byte 94: no storage 9");
  EXPECT_EQ(error_reading(PickleMaker().tensor("QInt8Storage", "0", 24, 0, {2}, {1}).stop()),
            "data.pkl at byte 158: a tensor without a scale over a storage of quantized integers");
  EXPECT_EQ(
      error_reading(PickleMaker()
                        .tensor("FloatStorage", "0", 6, 0, std::vector<std::int64_t>(65, 1), {1})
                        .stop())
          .substr(20),
      ": a tensor of 65 dimensions; at most 64 can be");
}

TEST(Pickle, TensorsWithoutStoragesKeepTheirShape) {
  PickleHooks hooks;
  hooks.storage = [](const std::string&, const ErrorPlace&) { return nullptr; };
  const Value value =
      read_pickle(PickleMaker().tensor("LongStorage", "0", 18, 0, {2, 9}, {9, 1}).stop(),
                  "traced_inputs.pkl", hooks);
  EXPECT_EQ(as<StoredTensor>(value).shape, (std::vector<std::int64_t>{2, 9}));
  EXPECT_EQ(as<StoredTensor>(value).storage, nullptr);
}

TEST(Pickle, ReadsOldReferencesToTensors) {
  PickleHooks hooks;
  hooks.tensor = [](std::int64_t id, const ErrorPlace&) { return Value(id + 100); };
  // PyTorch 1.2: a call; 1.1: an object that is built, and so are lists of integers.
  const Value value = read_pickle(PickleMaker()
                                      .raw("(")
                                      .global("torch.jit._pickle", "build_tensor_from_id")
                                      .raw("K\x05\x85R")
                                      .global("__main__", "TensorID")
                                      .raw(")\x81K\x06"
                                           "b")
                                      .global("__main__", "IntList")
                                      .raw(")\x81](K\x01K\x02"
                                           "ebt")
                                      .stop(),
                                  "attributes.pkl", hooks);
  const auto& items = as<Tuple>(value).items;
  EXPECT_EQ(std::get<std::int64_t>(items.at(0)), 105);
  EXPECT_EQ(std::get<std::int64_t>(items.at(1)), 106);
  EXPECT_EQ(as<List>(items.at(2)).items.size(), 2U);
  EXPECT_EQ(test::error_of([] {
              read_pickle(PickleMaker()
                              .global("__main__", "TensorID")
                              .raw(")\x81K\x06"
                                   "b")
                              .stop(),
                          "data.pkl", {});
            }),
            "data.pkl at byte 25: a tensor's id in a pickle that has no table of tensors");
}

}  // namespace
}  // namespace henson::loader
