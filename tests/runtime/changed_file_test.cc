// An archive that is changed while a model of it is open: an error, or the answer of before, and
// never another end of the process.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "henson/henson.h"
#include "tests/loader/archive_maker.h"

namespace henson {
namespace {

using test::error_of;
using test::TempFile;

const std::filesystem::path kArchive = std::string(HENSON_TEST_DATA) + "/torch2.13_encoder_ids.pt";
const std::string kChanged =
    "the archive's file was changed or cut short after it was opened; open it again";

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string run(Session& session) {
  const std::int64_t ids[] = {2, 5, 7, 3, 2, 9, 4, 3};
  std::string bits;
  for (const Tensor& tensor : session.run({Tensor::borrow(ids, {2, 4})}).tensors()) {
    bits.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
  }
  return bits;
}

/// Ways to change a file in place; each says what became of it.
struct Change {
  const char* name;
  std::function<void(const TempFile&)> make;
};

const std::vector<Change>& changes() {
  static const std::vector<Change> kChanges = {
      {"overwritten by zeros",  // as `cp` does it
       [](const TempFile& file) { file.write(std::string(bytes_of(kArchive).size(), '\0')); }},
      {"overwritten by another archive",  // of another model: versions of one hold the same weights
       [](const TempFile& file) { file.write(bytes_of(kArchive.parent_path() / "sentence.pt")); }},
      {"cut to nothing", [](const TempFile& file) { file.write(""); }},
      {"cut in half",
       [](const TempFile& file) {
         std::filesystem::resize_file(file.path(), bytes_of(kArchive).size() / 2);
       }},
  };
  return kChanges;
}

class ChangedFile : public testing::TestWithParam<Executor> {
 protected:
  ChangedFile() { file_.write(bytes_of(kArchive)); }
  SessionOptions options() const { return {.executor = GetParam(), .threads = 2}; }

  TempFile file_;
};

TEST_P(ChangedFile, BetweenOpeningAndTheFirstRun) {
  for (const Change& change : changes()) {
    file_.write(bytes_of(kArchive));
    const Model model = Model::open(file_.path());
    Session session(model, options());
    change.make(file_);
    for (int time = 0; time < 2; ++time) {  // and it is no different the second time
      try {
        run(session);
        FAIL() << change.name;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kBadArchive) << change.name;
        EXPECT_TRUE(std::string(error.what()).ends_with(kChanged)) << error.what();
        EXPECT_TRUE(error.place().entry.starts_with("data/")) << error.what();
      }
    }
  }
}

TEST_P(ChangedFile, ThatIsPutBackServesTheSameModel) {
  const std::string whole = bytes_of(kArchive);
  const Model model = Model::open(file_.path());
  Session session(model, options());
  file_.write("");
  EXPECT_NE(error_of([&] { run(session); }), "");
  file_.write(whole);
  Session other(Model::open(kArchive), options());
  EXPECT_EQ(run(session), run(other));
}

TEST_P(ChangedFile, AfterTheFirstRun) {
  for (const Change& change : changes()) {
    file_.write(bytes_of(kArchive));
    const Model model = Model::open(file_.path());
    Session session(model, options());
    const std::string before = run(session);
    change.make(file_);
    EXPECT_EQ(run(session), before) << change.name;
    // Another session has the same packed weights; the other executor may have to read.
    Session same(model, options());
    EXPECT_EQ(run(same), before) << change.name;
    const Executor executor =
        GetParam() == Executor::kPlan ? Executor::kInterpreter : Executor::kPlan;
    Session other(model, {.executor = executor, .threads = 1});
    const std::string told = error_of([&] { run(other); });
    EXPECT_TRUE(told.empty() || told.ends_with(kChanged)) << told;
  }
}

TEST_P(ChangedFile, ThatAnotherReplacesByItsNameStaysWhole) {
  const Model model = Model::open(file_.path());
  Session session(model, options());
  std::filesystem::remove(file_.path());
  file_.write("another file");
  Session other(Model::open(kArchive), options());
  EXPECT_EQ(run(session), run(other));
}

TEST_P(ChangedFile, WhileItIsOpenedAndRun) {
  const std::string whole = bytes_of(kArchive);
  Session right(Model::open(kArchive), options());
  const std::string expected = run(right);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; !done; ++i) {
      if (i % 3 == 0) file_.write(whole.substr(0, whole.size() / 3));
      file_.write(i % 3 == 1 ? std::string(whole.size(), '\x5a') : whole);
      std::this_thread::sleep_for(std::chrono::milliseconds(i % 3 == 2 ? 20 : 1));
    }
  });
  int answered = 0;
  for (int i = 0; i < 300 || (answered == 0 && i < 100000); ++i) {
    try {
      const Model model = Model::open(file_.path());
      Session session(model, options());
      EXPECT_EQ(run(session), expected);
      ++answered;
    } catch (const Error&) {
    }
  }
  done = true;
  writer.join();
  EXPECT_GT(answered, 0);
}

INSTANTIATE_TEST_SUITE_P(, ChangedFile, testing::Values(Executor::kPlan, Executor::kInterpreter),
                         [](const auto& tested) {
                           return tested.param == Executor::kPlan ? "Plan" : "Interpreter";
                         });

TEST(ChangedFileFacts, WeightsAreReadWhenTheyAreAskedFor) {
  const TempFile file;
  file.write(bytes_of(kArchive));
  const Model model = Model::open(file.path());
  const Model other = Model::open(kArchive);
  const auto weight_at = [](const Model& of, std::size_t i) { return of.weights()[i].read(); };
  ASSERT_GT(model.weights().size(), 2U);
  const Tensor first = weight_at(model, 0);
  file.write("");
  EXPECT_TRUE(
      std::equal(first.bytes().begin(), first.bytes().end(), weight_at(other, 0).bytes().begin()));
  int refused = 0;
  for (std::size_t i = 1; i < model.weights().size(); ++i) {
    if (error_of([&] { weight_at(model, i); }).ends_with(kChanged)) ++refused;
  }
  EXPECT_GT(refused, 0);
  EXPECT_FALSE(model.describe(Executor::kInterpreter).empty());
}

TEST(ChangedFileFacts, AMappedArchiveGivesTheSameAnswers) {
  const Model read = Model::open(kArchive);
  const Model mapped = Model::open(kArchive, {.map = true});
  for (const Executor executor : {Executor::kPlan, Executor::kInterpreter}) {
    Session a(read, {.executor = executor, .threads = 1});
    Session b(mapped, {.executor = executor, .threads = 1});
    EXPECT_EQ(run(a), run(b));
  }
}

}  // namespace
}  // namespace henson
