#include "loader/archive.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using test::Entries;
using test::PickleMaker;
using test::TempFile;

Archive open_made(const Entries& entries) {
  const TempFile file;
  test::write_zip(file.path(), entries);
  return open_archive(file.path());
}

std::string error_opening(const Entries& entries) {
  return test::error_of([&] { open_made(entries); });
}

const StoredTensor& tensor_named(const Archive& archive, const std::string& name) {
  const Value* value = archive.module->find(name);
  EXPECT_NE(value, nullptr);
  return *std::get<std::shared_ptr<StoredTensor>>(*value);
}

std::vector<float> floats_of(const StoredTensor& tensor) {
  const auto bytes = tensor.storage->bytes();
  std::vector<float> values(bytes.size() / sizeof(float));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(values.data()));
  return values;
}

void expect_small_archive(const Archive& archive) {
  EXPECT_EQ(archive.layout, Layout::kDataPkl);
  EXPECT_EQ(archive.version, 3);
  ASSERT_NE(archive.module, nullptr);
  EXPECT_EQ(archive.module->class_name, "__torch__.M");
  const StoredTensor& weight = tensor_named(archive, "weight");
  EXPECT_EQ(weight.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(floats_of(weight), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  ASSERT_TRUE(archive.classes.contains("__torch__.M"));
  EXPECT_NE(archive.classes.at("__torch__.M").find_method("forward"), nullptr);
}

TEST(Archive, Opens) {
  const Archive archive = open_made(test::small_archive());
  expect_small_archive(archive);
  EXPECT_EQ(archive.root, "m");
  EXPECT_FALSE(archive.mobile);
  EXPECT_TRUE(archive.traced_inputs.empty());
  ASSERT_EQ(archive.entries.size(), 5U);
  EXPECT_EQ(archive.entries[1].name, "code/__torch__.py");
  EXPECT_TRUE(archive.entries[1].deflated);
}

TEST(Archive, OpensUnderAnyRoot) {
  for (const char* root : {"", "a/b/c/", "extra/", "code/", "with space/"}) {
    SCOPED_TRACE(root);
    expect_small_archive(open_made(test::small_archive(root)));
  }
}

TEST(Archive, OpensPackedAgain) {
  Entries entries = test::small_archive();
  for (auto& entry : entries) entry.deflated = true;
  entries.insert(entries.begin(), {"m/", ""});
  entries.push_back({"m/code/", ""});
  std::reverse(entries.begin() + 1, entries.end());
  expect_small_archive(open_made(entries));
}

TEST(Archive, NeverParsesExtra) {
  for (const std::string root : {"m/", ""}) {
    Entries entries = test::small_archive(root);
    entries.insert(entries.begin(), {root + "extra/data.pkl", "no pickle"});
    entries.push_back({root + "extra/code/data.pkl", "no pickle"});
    entries.push_back({root + "extra/code/x.py", "def broken("});
    entries.push_back({root + "extra/constants.pkl", "no pickle"});
    const Archive archive = open_made(entries);
    expect_small_archive(archive);
    EXPECT_EQ(archive.entries.front().name, "extra/data.pkl");
  }
}

TEST(Archive, ReadsTracedInputsWithoutTheirStorages) {
  Entries entries = test::small_archive();
  PickleMaker inputs;
  inputs.global("torch.jit._pickle", "restore_type_tag").raw("}(").text("forward").raw("](");
  inputs.tensor("LongStorage", "0", 18, 0, {2, 9}, {9, 1}, "cuda:0").raw("Neu");
  entries.push_back(
      {"m/traced_inputs.pkl", inputs.text("Dict[str, List[Any]]").raw("\x86R").stop()});
  const Archive archive = open_made(entries);
  ASSERT_TRUE(archive.traced_inputs.contains("forward"));
  ASSERT_EQ(archive.traced_inputs.at("forward").size(), 2U);
  const auto& ids =
      *std::get<std::shared_ptr<StoredTensor>>(archive.traced_inputs.at("forward")[0]);
  EXPECT_EQ(ids.dtype, DType::kInt64);
  EXPECT_EQ(ids.shape, (std::vector<std::int64_t>{2, 9}));
  EXPECT_EQ(ids.storage, nullptr);
  entries.back().bytes = "no pickle";
  EXPECT_TRUE(open_made(entries).traced_inputs.empty());
}

TEST(Archive, ReadsConstantsAndFreeFunctions) {
  Entries entries = test::small_archive();
  test::entry_named(entries, "m/constants.pkl").bytes =
      PickleMaker().raw("(").tensor("DoubleStorage", "0.storage", 1, 0, {}, {}).raw("t").stop();
  entries.push_back({"m/constants/0.storage", test::bytes_of<double>({2.5})});
  entries.push_back(
      {"m/code/__torch__/a/b.py", "def double(x: Tensor) -> Tensor:\n  return torch.mul(x, 2)\n"});
  entries.push_back({"m/code/__torch__/a/b.py.debug_pkl", "not read"});
  const Archive archive = open_made(entries);
  ASSERT_EQ(archive.constants.size(), 1U);
  EXPECT_EQ(std::get<std::shared_ptr<StoredTensor>>(archive.constants[0])->storage->entry(),
            "constants/0.storage");
  EXPECT_TRUE(archive.functions.contains("__torch__.a.b.double"));
}

TEST(Archive, SharesStorages) {
  Entries entries = test::small_archive();
  PickleMaker data;
  data.global("__torch__", "M").raw(")\x81}(");
  data.text("weight").tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1});
  data.text("tied").tensor("FloatStorage", "0", 6, 0, {3, 2}, {1, 3}).raw("ub");
  test::entry_named(entries, "m/data.pkl").bytes = data.stop();
  const Archive archive = open_made(entries);
  EXPECT_EQ(tensor_named(archive, "weight").storage, tensor_named(archive, "tied").storage);
}

Entries with(std::string_view name, std::string bytes) {
  Entries entries = test::small_archive();
  test::entry_named(entries, name).bytes = std::move(bytes);
  return entries;
}

Entries without(std::string_view name) {
  Entries entries = test::small_archive();
  test::remove_entry(entries, name);
  return entries;
}

Entries and_also(std::string name, std::string bytes) {
  Entries entries = test::small_archive();
  entries.push_back({std::move(name), std::move(bytes)});
  return entries;
}

TEST(Archive, NamesWhatIsMissing) {
  EXPECT_EQ(error_opening(without("m/data/0")),
            "data.pkl at byte 122: the storage data/0 is missing from the archive");
  EXPECT_EQ(error_opening(without("m/data.pkl")),
            "data.pkl: the entry is missing from the archive: it holds the weights' table");
  EXPECT_EQ(error_opening(without("m/version")),
            "version: the entry is missing: it says what the operators mean");
  EXPECT_EQ(error_opening(without("m/constants.pkl")), "");
}

TEST(Archive, NamesWhatIsWrong) {
  EXPECT_EQ(error_opening(with("m/version", "three\n")), "version: not a version number");
  EXPECT_EQ(error_opening(and_also("m/byteorder", "big")),
            "byteorder: the archive is big-endian; load it and save it again on a little-endian "
            "machine");
  EXPECT_EQ(error_opening(and_also("m/byteorder", "little")), "");
  EXPECT_EQ(error_opening(and_also("m/byteorder", "middle")),
            "byteorder: neither \"little\" nor \"big\"");
  EXPECT_EQ(error_opening(with("m/data/0", "short")),
            "data.pkl at byte 122: storage data/0 should have 24 bytes and has 5");
  EXPECT_EQ(error_opening(with("m/data.pkl", PickleMaker().raw("N").stop())),
            "data.pkl: the archive's value is not a module");
  EXPECT_EQ(error_opening(with("m/data.pkl",
                               PickleMaker().global("__torch__", "Other").raw(")\x81}b").stop())),
            "data.pkl: the module's class __torch__.Other is not in the archive's code");
  EXPECT_EQ(error_opening(with("m/constants.pkl", PickleMaker().raw("N").stop())),
            "constants.pkl: the constants are neither a tuple nor a list");
  EXPECT_NE(error_opening(with("m/code/__torch__.py", "class M(Module):\n  def forward(self"))
                .find("code/__torch__.py:2"),
            std::string::npos);
}

// Two entries can stand for one module: a/b.py and a.b.py.
TEST(Archive, RefusesAClassThatIsDefinedTwice) {
  Entries entries = test::small_archive();
  const std::string code = "class N(Module):\n  def forward(self) -> int:\n    return 1\n";
  entries.push_back({"m/code/__torch__/a.py", code});
  entries.push_back({"m/code/__torch__.a.py", code});
  EXPECT_EQ(error_opening(entries),
            "code/__torch__.a.py:1: the class __torch__.a.N is defined twice");
}

TEST(Archive, RefusesAFunctionThatIsDefinedTwice) {
  Entries entries = test::small_archive();
  const std::string code = "def f() -> int:\n  return 1\n";
  entries.push_back({"m/code/__torch__/a.py", code});
  entries.push_back({"m/code/__torch__.a.py", code});
  EXPECT_EQ(error_opening(entries),
            "code/__torch__.a.py:1: the function __torch__.a.f is defined twice");
}

TEST(Archive, RefusesSeveralArchivesInOneZip) {
  Entries entries = test::small_archive("a/");
  for (const auto& entry : test::small_archive("b/")) entries.push_back(entry);
  EXPECT_EQ(error_opening(entries),
            "the zip file holds several archives, in a/ and b/; pack one alone");
}

TEST(Archive, RefusesADamagedWeight) {
  const TempFile file;
  test::write_zip(file.path(), test::small_archive());
  std::string bytes = file.read();
  const std::string weights = test::bytes_of<float>({1, 2, 3, 4, 5, 6});
  bytes[bytes.find(weights)] = '\x01';
  file.write(bytes);
  EXPECT_EQ(test::error_of([&] { open_archive(file.path()); }),
            "data/0: bad checksum: the entry's bytes are damaged");
}

// Any one byte wrong, anywhere: an error or an archive, and no crash.
TEST(Archive, SurvivesEveryChangedByte) {
  const TempFile file;
  test::write_zip(file.path(), test::small_archive());
  const std::string whole = file.read();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ (i % 2 == 0 ? 0xff : 0x01));
    file.write(bytes);
    if (!test::error_of([&] { open_archive(file.path()); }).empty()) ++refused;
  }
  EXPECT_GT(refused, whole.size() / 2);
}

// The museum lies outside the repository; what is small enough to keep is in tests/golden.
TEST(Archive, OpensTheMuseum) {
  const char* folder = std::getenv("HENSON_MUSEUM");
  if (!folder) GTEST_SKIP() << "HENSON_MUSEUM is not set";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".pt") continue;
    EXPECT_EQ(test::error_of([&] { open_archive(file.path()); }), "") << file.path();
  }
}

}  // namespace
}  // namespace henson::loader
