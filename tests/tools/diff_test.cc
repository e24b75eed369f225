// What two archives have in common.
#include "henson/diff.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/loader/archive_maker.h"
#include "tests/tools/json_schema.h"
#include "tests/tools/program.h"

namespace henson::tools {
namespace {

using test::Entries;
using test::entry_named;
using test::PickleMaker;
using test::small_archive;
using test::TempFile;
using Json = nlohmann::json;

const std::filesystem::path kGolden = HENSON_TEST_DATA;

ArchiveDifference diff_of(const Entries& a, const Entries& b) {
  const TempFile first;
  const TempFile second;
  test::write_zip(first.path(), a);
  test::write_zip(second.path(), b);
  return diff(first.path(), second.path());
}

std::string data_pkl(const char* name, const char* type = "FloatStorage") {
  return PickleMaker()
      .global("__torch__", "M")
      .raw(")\x81}(")
      .text(name)
      .tensor(type, "0", 6, 0, {2, 3}, {3, 1})
      .raw("ub")
      .stop();
}

TEST(Diff, EveryGoldenArchiveIsItself) {
  for (const auto& file : std::filesystem::directory_iterator(kGolden)) {
    if (file.path().extension() != ".pt") continue;
    ArchiveDifference difference = diff(file.path(), file.path());
    EXPECT_TRUE(difference.same_bytes);
    difference.same_bytes = false;  // by what they hold, then
    EXPECT_TRUE(difference.facts.empty()) << file.path();
    EXPECT_TRUE(difference.code.identical()) << file.path();
    EXPECT_TRUE(difference.removed.empty() && difference.added.empty()) << file.path();
    for (const TensorDifference& tensor : difference.tensors) {
      EXPECT_EQ(tensor.state, TensorState::kEqual) << file.path() << tensor.a;
      EXPECT_EQ(tensor.a, tensor.b);
    }
    EXPECT_EQ(verdict_of(difference).sameness, Sameness::kSame) << file.path();
  }
}

TEST(Diff, WhatChanged) {
  Entries changed = small_archive();
  entry_named(changed, "m/data/0").bytes = test::bytes_of<float>({1, 2, 3, 4, 5, 7});
  const ArchiveDifference difference = diff_of(small_archive(), changed);
  ASSERT_EQ(difference.tensors.size(), 1U);
  const TensorDifference& tensor = difference.tensors[0];
  EXPECT_EQ(tensor.state, TensorState::kChanged);
  EXPECT_DOUBLE_EQ(tensor.largest_difference, 1);
  EXPECT_DOUBLE_EQ(tensor.relative_norm, 1 / std::sqrt(91.0));
  EXPECT_DOUBLE_EQ(tensor.cosine, 97 / (std::sqrt(91.0) * std::sqrt(104.0)));
  EXPECT_TRUE(difference.code.identical());
  ASSERT_EQ(difference.layers.size(), 1U);
  EXPECT_EQ(difference.layers[0].changed, 1U);
  const DiffVerdict verdict = verdict_of(difference);
  EXPECT_EQ(verdict.sameness, Sameness::kDifferent);
  EXPECT_EQ(verdict.text, "different models: tensors 1 changed");
}

TEST(Diff, AddedAndRemoved) {
  Entries renamed = small_archive();
  entry_named(renamed, "m/data.pkl").bytes = data_pkl("other");
  std::string& code = entry_named(renamed, "m/code/__torch__.py").bytes;
  for (std::size_t at = code.find("weight"); at != std::string::npos;
       at = code.find("weight", at)) {
    code.replace(at, 6, "other");
  }
  // By its elements it is the same one.
  ArchiveDifference difference = diff_of(small_archive(), renamed);
  ASSERT_EQ(difference.tensors.size(), 1U);
  EXPECT_EQ(difference.tensors[0].matched, MatchedBy::kContent);
  EXPECT_EQ(difference.tensors[0].b, "other");
  EXPECT_TRUE(difference.same_weights());
  EXPECT_EQ(difference.code.changed.size(), 1U);
  EXPECT_EQ(verdict_of(difference).sameness, Sameness::kSameWeights);
  EXPECT_EQ(verdict_of(difference, AnswerDifference{3, 1e-7, 1e-5}).sameness, Sameness::kSame);
  EXPECT_EQ(verdict_of(difference, AnswerDifference{3, 1e-3, 1e-5}).sameness, Sameness::kDifferent);
  // And by other ones it is not.
  entry_named(renamed, "m/data/0").bytes = test::bytes_of<float>({9, 2, 3, 4, 5, 7});
  difference = diff_of(small_archive(), renamed);
  ASSERT_EQ(difference.removed.size(), 1U);
  ASSERT_EQ(difference.added.size(), 1U);
  EXPECT_EQ(difference.removed[0].name, "weight");
  EXPECT_FALSE(difference.same_weights());
}

TEST(Diff, PrecisionDeviceAndRoot) {
  Entries half = small_archive("other/");
  entry_named(half, "other/data.pkl").bytes =
      PickleMaker()
          .global("__torch__", "M")
          .raw(")\x81}(")
          .text("weight")
          .tensor("HalfStorage", "0", 6, 0, {2, 3}, {3, 1}, "cuda:0")
          .raw("ub")
          .stop();
  // 1, 2, 3, 4, 5, 6 in float16.
  entry_named(half, "other/data/0").bytes =
      test::bytes_of<std::uint16_t>({0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600});
  Entries single = small_archive();
  entry_named(single, "m/data/0").bytes = test::bytes_of<float>({1, 2.0001F, 3, 4, 5, 6});
  const ArchiveDifference difference = diff_of(single, half);
  ASSERT_EQ(difference.tensors.size(), 1U);
  EXPECT_EQ(difference.tensors[0].state, TensorState::kRounded);
  EXPECT_EQ(
      verdict_of(difference).text,
      "the same model, in float16 instead of float32, on cuda:0 instead of cpu; the code is the "
      "same");
  // Beyond rounding it is another one.
  entry_named(single, "m/data/0").bytes = test::bytes_of<float>({1, 2.1F, 3, 4, 5, 6});
  EXPECT_EQ(verdict_of(diff_of(single, half)).sameness, Sameness::kDifferent);
}

TEST(Diff, MangledNamesAndDevicesAreNoDifference) {
  Entries mangled = small_archive();
  std::string& code = entry_named(mangled, "m/code/__torch__.py").bytes;
  code.replace(code.find("__torch__.M"), 11, "__torch__.___torch_mangle_12.M");
  EXPECT_TRUE(diff_of(small_archive(), mangled).code.identical());
}

TEST(Diff, ArchivesThatDoNotRun) {
  Entries other = small_archive();
  std::string& code = entry_named(other, "m/code/__torch__.py").bytes;
  code.replace(code.find("torch.mul"), 9, "torch.frobnicate");
  const ArchiveDifference difference = diff_of(small_archive(), other);
  EXPECT_EQ(difference.tensors.at(0).state, TensorState::kEqual);
  EXPECT_EQ(difference.code.changed.size(), 1U);
  EXPECT_EQ(verdict_of(difference).sameness, Sameness::kSameWeights);
}

std::string golden(const std::string& name) {
  return "'" + (kGolden / (name + ".pt")).string() + "' ";
}

TEST(DiffCommand, ExitCodesAndJson) {
  const TestFolder folder;
  EXPECT_EQ(henson(folder, "diff " + golden("torch2.13_int8") + golden("torch2.13_int8")).code, 0);
  const Result result = henson(
      folder, "diff --json " + golden("torch2.13_masked_lm") + golden("torch2.13_encoder_ids"));
  EXPECT_EQ(result.code, 1) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(schema_faults("diff", json), "");
  EXPECT_EQ(json.at("verdict"), "different");
  expect_failure("diff nowhere.pt " + golden("torch2.13_int8"), 3, "nowhere.pt: there is no such");
}

}  // namespace
}  // namespace henson::tools
