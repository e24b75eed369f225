// What is said of outputs before any run, against the runs: Model::outputs() of whole archives.
// HENSON_MUSEUM names a folder of archives with cases to test besides the golden ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "tools/cases.h"

namespace henson {
namespace {

using Shapes = std::vector<std::vector<std::int64_t>>;

std::vector<std::filesystem::path> archives_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::filesystem::path cases = entry.path();
    const bool recorded = std::filesystem::exists(cases.replace_extension(".npz"));
    if (entry.path().extension() == ".pt" && recorded) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// The shapes of the inputs, in the model's order.
Shapes shapes_of(const Model& model, const std::vector<NamedInput>& given) {
  Shapes shapes(model.inputs().size());
  for (const NamedInput& input : given) {
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      if (model.inputs()[i].path == input.key) shapes[i] = input.tensor.shape();
    }
  }
  return shapes;
}

/// The place of each tensor within an output, as OutputInfo::path has it.
void collect_paths(const Output& output, const std::string& path, std::vector<std::string>& paths) {
  if (output.kind == Output::Kind::kTensor) paths.push_back(path.empty() ? "0" : path);
  for (std::size_t i = 0; i < output.items.size(); ++i) {
    const bool keyed = output.kind == Output::Kind::kDict;
    const std::string part = keyed ? output.keys[i] : std::to_string(i);
    collect_paths(output.items[i], path.empty() ? part : path + '.' + part, paths);
  }
}

/// Of how many sizes something was said, and of how many nothing.
struct Tally {
  std::size_t told = 0;
  std::vector<std::string> untold;
};

void expect_as_told(const OutputInfo& told, const Tensor& found, const Shapes& inputs,
                    Tally& tally) {
  SCOPED_TRACE("output " + told.path + ' ' + to_string(told.shape));
  if (told.dtype) {
    EXPECT_EQ(*told.dtype, found.dtype());
  } else {
    tally.untold.push_back(told.path + "'s dtype");
  }
  if (!told.shape) return tally.untold.push_back(told.path);
  ASSERT_EQ(told.shape->size(), found.shape().size());
  for (std::size_t d = 0; d < found.shape().size(); ++d) {
    const SymbolicSize& size = (*told.shape)[d];
    const auto value = size.at(inputs);
    if (!value) {
      tally.untold.push_back(told.path + "'s size " + std::to_string(d));
      continue;
    }
    EXPECT_EQ(*value, found.shape()[d]) << d;
    EXPECT_EQ(*value, size.number().value_or(*value));
    ++tally.told;
  }
}

void check(const std::filesystem::path& path, Tally& tally) {
  SCOPED_TRACE(path.filename().string());
  const Model model = Model::open(path);
  Session session(model, {.threads = 1});
  std::filesystem::path cases = path;
  for (const tools::Case& recorded : tools::read_cases(cases.replace_extension(".npz"))) {
    SCOPED_TRACE("case " + std::to_string(recorded.number));
    const Output output = session.run(recorded.inputs);
    std::vector<std::string> paths;
    collect_paths(output, "", paths);
    const std::vector<Tensor> tensors = output.tensors();
    ASSERT_EQ(model.outputs().size(), tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      EXPECT_EQ(model.outputs()[i].path, paths[i]);
      expect_as_told(model.outputs()[i], tensors[i], shapes_of(model, recorded.inputs), tally);
    }
  }
}

std::string listed(const std::vector<std::string>& untold) {
  std::string text;
  for (const std::string& one : std::set(untold.begin(), untold.end())) text += one + '\n';
  return text;
}

TEST(Outputs, OfGoldenArchivesAreAsTold) {
  Tally tally;
  const auto paths = archives_in(HENSON_TEST_DATA);
  ASSERT_FALSE(paths.empty());
  for (const auto& path : paths) {
    check(path, tally);
    EXPECT_TRUE(tally.untold.empty()) << path.filename().string() << ":\n" << listed(tally.untold);
    tally.untold.clear();
  }
  EXPECT_GT(tally.told, paths.size());
}

TEST(Outputs, OfMuseumArchivesAreAsTold) {
  const char* const museum = std::getenv("HENSON_MUSEUM");
  if (museum == nullptr) GTEST_SKIP() << "HENSON_MUSEUM is not set";
  Tally tally;
  for (const auto& path : archives_in(museum)) {
    check(path, tally);
  }
  // The dtype of an output that is an input is the caller's.
  EXPECT_GT(tally.told, 20 * tally.untold.size()) << listed(tally.untold);
}

std::string shape_of(const std::string& archive, std::size_t output) {
  const Model model = Model::open(std::filesystem::path(HENSON_TEST_DATA) / (archive + ".pt"));
  return to_string(model.outputs()[output].shape);
}

TEST(Outputs, NameBatchAndLength) {
  EXPECT_EQ(shape_of("torch2.13_encoder_full", 0), "[batch, length, 32]");
  EXPECT_EQ(shape_of("torch2.13_encoder_full", 1), "[batch, 32]");
  EXPECT_EQ(shape_of("torch1.0_locked2x7", 0), "[batch, length, 32]");
  EXPECT_EQ(shape_of("torch2.13_dict_input", 0), "[batch, 32]");
}

}  // namespace
}  // namespace henson
