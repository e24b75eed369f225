// Traces in which numbers meet the dummy input's size, by chance or not
// (tests/exhibits/make_exhibits.py): each answers as the eager model does, or refuses.
#include <gtest/gtest.h>
#include <zip.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "tests/tools/files.h"
#include "tools/cases.h"
#include "tools/verification.h"

namespace henson::tools {
namespace {

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct Close {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

class Exhibits : public testing::Test {
 protected:
  Exhibits() {
    const std::string path = std::string(HENSON_TEST_SOURCES) + "/exhibits/exhibits.zip";
    const std::unique_ptr<zip_t, Discard> archive(zip_open(path.c_str(), ZIP_RDONLY, nullptr));
    if (!archive) return;
    for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
      const auto index = static_cast<zip_uint64_t>(i);
      zip_stat_t stat;
      zip_stat_index(archive.get(), index, 0, &stat);
      const std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive.get(), index, 0));
      std::string bytes(stat.size, '\0');
      zip_fread(file.get(), bytes.data(), stat.size);
      write_file(folder_ / stat.name, bytes);
      const std::filesystem::path name = stat.name;
      if (name.extension() == ".npz") names_.push_back(name.stem().string());
    }
  }

  std::vector<std::string> named(const std::string& start) const {
    std::vector<std::string> found;
    for (const std::string& name : names_) {
      if (name.starts_with(start)) found.push_back(name);
    }
    return found;
  }

  std::filesystem::path archive(const std::string& name) const { return folder_ / (name + ".pt"); }

  ArchiveResult verify(const std::string& name, const OpenOptions& open = {}) const {
    const Model model = Model::open(archive(name), open);
    return verify_cases(model, read_cases(folder_ / (name + ".npz")), {});
  }

  ArchiveResult verify_witnessed(const std::string& name) const {
    OpenOptions open;
    open.witness = archive(name + "_witness");
    return verify(name, open);
  }

  TestFolder folder_;
  std::vector<std::string> names_;
};

void expect_right_everywhere(const ArchiveResult& result) {
  for (const CaseResult& one : result.cases) {
    EXPECT_EQ(one.state, CaseResult::State::kAgrees) << one.inputs << ": " << one.reason;
  }
}

/// How many of the cases are refused: they gave no output.
int expect_right_or_refused(const ArchiveResult& result) {
  int refused = 0;
  for (const CaseResult& one : result.cases) {
    const bool agrees = one.state == CaseResult::State::kAgrees;
    EXPECT_TRUE(agrees || one.outputs == 0) << one.inputs << ": " << one.reason;
    refused += agrees ? 0 : 1;
  }
  EXPECT_EQ(result.cases.front().state, CaseResult::State::kAgrees);
  return refused;
}

TEST_F(Exhibits, NumbersOfTheModelsOwnStayWhatTheyAre) {
  const std::vector<std::string> names = named("own_");
  ASSERT_GE(names.size(), 20U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    expect_right_everywhere(verify(name));
  }
}

TEST_F(Exhibits, NumbersMadeOfTheDummysSizeGiveNoWrongAnswer) {
  const std::vector<std::string> names = named("trap_");
  ASSERT_GE(names.size(), 40U);
  int refused = 0;
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    refused += expect_right_or_refused(verify(name));
  }
  EXPECT_GT(refused, 0);
}

TEST_F(Exhibits, AWitnessTellsNumbersFromSizes) {
  const std::vector<std::string> names = named("pair_");
  ASSERT_GE(names.size(), 10U);
  for (const std::string& name : names) {
    if (name == "pair_rows_joined") continue;
    SCOPED_TRACE(name);
    expect_right_or_refused(verify_witnessed(name));
  }
  for (const char* const name :
       {"pair_band", "pair_clamped_rows", "pair_mean", "pair_first_row", "pair_last_row",
        "pair_distance_by_length", "pair_scores_by_root"}) {
    SCOPED_TRACE(name);
    expect_right_everywhere(verify_witnessed(name));
  }
}

std::string error_of(const std::filesystem::path& path, const OpenOptions& open) {
  try {
    Model::open(path, open);
  } catch (const Error& error) {
    return error.what();
  }
  return "opened";
}

TEST_F(Exhibits, AnUnrolledLoopIsNoWitness) {
  OpenOptions open;
  open.witness = archive("pair_rows_joined_witness");
  const std::string error = error_of(archive("pair_rows_joined"), open);
  EXPECT_NE(error.find("the witness is not the same model at another shape"), std::string::npos)
      << error;
  open.witness = archive("pair_mean_witness");  // another model
  EXPECT_NE(error_of(archive("pair_band"), open).find("the witness is not the same model"),
            std::string::npos);
  open.witness = archive("missing");
  EXPECT_NE(error_of(archive("pair_band"), open).find("the witness "), std::string::npos);
}

TEST_F(Exhibits, AnIfThatOnlyRaisesIsACheck) {
  const std::vector<std::string> names = named("script_");
  ASSERT_GE(names.size(), 8U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    expect_right_everywhere(verify(name));
  }
}

TEST_F(Exhibits, ACheckRefusesWhatTheModelRaisesOn) {
  Session session(Model::open(archive("script_raises")));
  const std::vector<std::int64_t> ids(21, 3);
  EXPECT_NO_THROW(session.run({Tensor::borrow(std::span(ids).first(20), {1, 20})}));
  try {
    session.run({Tensor::borrow(ids, {1, 21})});
    FAIL() << "it ran";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(std::string(error.what()).find("the code raises an exception here: too long a text"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(Exhibits, AnotherMethodIsRunByName) {
  OpenOptions open;
  open.method = "encode";
  expect_right_everywhere(verify("method_encode", open));
  EXPECT_EQ(verify("method_encode").cases.front().state, CaseResult::State::kDiffers);
  open.method = "decode";
  EXPECT_NE(error_of(archive("method_encode"), open).find("decode"), std::string::npos);
}

/// The place of the first refusal that says how to end a doubt; empty when none does.
std::string place_to_state(const ArchiveResult& result) {
  for (const CaseResult& one : result.cases) {
    const bool doubts = one.reason.find("--constant with this place") != std::string::npos &&
                        one.reason.find("--witness") != std::string::npos;
    if (doubts) return one.reason.substr(0, one.reason.find(": "));
  }
  return {};
}

TEST_F(Exhibits, AConstantIsStatedWhereTheRefusalSays) {
  OpenOptions open;
  for (int i = 0; i < 4; ++i) {  // a number may stand at several places
    const std::string place = place_to_state(verify("pair_clamped_rows", open));
    if (place.empty()) break;
    open.constants.push_back(place);
  }
  EXPECT_FALSE(open.constants.empty());
  expect_right_everywhere(verify("pair_clamped_rows", open));
}

TEST_F(Exhibits, AConstantThatEndsNoDoubtIsRefused) {
  OpenOptions open;
  open.constants = {"code/__torch__/nowhere.py:3"};
  EXPECT_NE(error_of(archive("pair_band"), open)
                .find("no computation stands at code/__torch__/nowhere.py:3"),
            std::string::npos);
  const std::string place = place_to_state(verify("pair_mean"));
  ASSERT_FALSE(place.empty());
  const std::string before = place.substr(0, place.rfind(':') + 1) +
                             std::to_string(std::stoi(place.substr(place.rfind(':') + 1)) - 1);
  open.constants = {before};
  EXPECT_NE(error_of(archive("pair_mean"), open), "opened");
}

}  // namespace
}  // namespace henson::tools
