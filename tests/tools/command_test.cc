// The program as its users meet it: exit codes, what is printed and where, what is written.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/machine/processor.h"
#include "tests/tools/files.h"
#include "tests/tools/program.h"
#include "tools/npz.h"

namespace henson::tools {
namespace {

const std::string kGolden = HENSON_TEST_DATA;
const std::string kEncoder = kGolden + "/torch2.13_encoder_ids.pt";
const std::string kFull = kGolden + "/torch2.13_encoder_full.pt";

TEST(Command, HelpAndVersion) {
  const TestFolder folder;
  for (const std::string arguments : {"--help", "help", "help run", "run --help", "help verify",
                                      "help bench", "help tokenize", "help accuracy"}) {
    const Result result = henson(folder, arguments);
    EXPECT_EQ(result.code, 0) << arguments;
    EXPECT_NE(result.out.find("Examples:"), std::string::npos) << arguments;
    EXPECT_EQ(result.err, "") << arguments;
  }
  const Result version = henson(folder, "--version");
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("henson ")) << version.out;
  EXPECT_TRUE(is_one_line(version.out));
}

TEST(Command, AloneShowsUsage) {
  const TestFolder folder;
  const Result result = henson(folder, "");
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("Usage: henson"), std::string::npos) << result.err;
  EXPECT_EQ(henson(folder, "-V").out, henson(folder, "--version").out);
}

TEST(Command, BadUsage) {
  expect_failure("frobnicate", 2, "there is no command `frobnicate`; see `henson help`");
  expect_failure("inspct", 2, "did you mean `inspect`?");
  expect_failure("help benhc", 2, "did you mean `bench`?");
  expect_failure("help frobnicate", 2, "no command `frobnicate`");
  expect_failure("run", 2, "see `henson help run`");
  expect_failure("run a.pt --executor fast --ids 1", 2, "--executor");
  expect_failure("run a.pt --threads 0 --ids 1", 2, "--threads");
  expect_failure("run a.pt --threads 513 --ids 1", 2, "--threads");
  expect_failure("run a.pt --memory-limit 12Q --ids 1", 2, "--memory-limit");
  expect_failure("run a.pt --memory-limit -1 --ids 1", 2, "--memory-limit");
  expect_failure("run a.pt", 2, "give one of --input in.npz and --ids");
  expect_failure("run a.pt --ids 1 --input in.npz", 2, "give one of --input in.npz and --ids");
  expect_failure("run a.pt --ids '1 two'", 2, "`two` is no number");
  expect_failure("run a.pt --ids ' '", 2, "no ids are given");
  expect_failure("run a.pt --ids 99999999999999999999", 2, "is no number");
  expect_failure("verify a.pt --tolerance -1", 2, "--tolerance");
  expect_failure("verify '" + kGolden + "' --cases x.npz", 2, "leave --cases out");
  expect_failure("verify a.pt --executor plan", 2, "leave --executor out");
  expect_failure("bench a.pt", 2, "--shape");
  expect_failure("bench a.pt --shape 8", 2, "`8` is no shape; give one like 8x128");
  expect_failure("bench a.pt --shape 8x9 --shape 4x7..3", 2, "`4x7..3` is no shape");
  expect_failure("bench a.pt --shape 8x9 --precision fp8", 2, "--precision");
  expect_failure("bench a.pt --shape 8x9 --seconds -1", 2, "--seconds");
  expect_failure("bench a.pt --shape 8x9 --profile --executor interpreter", 2,
                 "leave --executor interpreter out");
}

TEST(Command, BadArchives) {
  for (const std::string command :
       {"run --ids 1", "verify", "inspect", "bench --shape 1x2", "accuracy"}) {
    expect_failure(command + " none.pt", 3, "none.pt: ");
    expect_failure(command + " '" + kGolden + "/README.md'", 3, "README.md: ");
  }
  expect_failure("run --ids 1 '" + kGolden + "'", 3, kGolden + ": ");
}

TEST(Command, AMemoryLimitRefusesARunByItsLine) {
  for (const std::string executor : {"plan", "interpreter"}) {
    const std::string run = "run '" + kEncoder + "' --ids '1 2 3' --executor " + executor;
    expect_failure(run + " --memory-limit 1K", 3, " in use of the 1024 that a run may have");
    const TestFolder folder;
    EXPECT_EQ(henson(folder, run + " --memory-limit 64M").code, 0);
    EXPECT_EQ(henson(folder, run + " --memory-limit 1g").code, 0);
  }
}

TEST(Command, AnInstructionSetThatIsNotThereIsRefused) {
  ASSERT_EQ(setenv("HENSON_ISA", "foo", 1), 0);
  expect_failure("run '" + kEncoder + "' --ids '1 2 3'", 3,
                 "HENSON_ISA is `foo`, which this machine has not; it has baseline");
  ASSERT_EQ(setenv("HENSON_ISA", "baseline", 1), 0);
  const TestFolder folder;
  EXPECT_EQ(henson(folder, "run '" + kEncoder + "' --ids '1 2 3'").code, 0);
  ASSERT_EQ(unsetenv("HENSON_ISA"), 0);
}

TEST(Command, FilesCannotSmuggleLinesOrEscapes) {
  expect_failure("inspect 'a\nb\033[2J.pt'", 3, "a\\x0ab\\x1b[2J.pt: ");
}

TEST(Run, FirstNumbersOnTheTerminal) {
  const TestFolder folder;
  const Result result = henson(folder, "run '" + kEncoder + "' --ids '1 2,3'");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_NE(result.out.find("0       float32  [1, 3, 32]"), std::string::npos) << result.out;
  const Result json = henson(folder, "run '" + kEncoder + "' --ids '1 2,3' --json");
  const auto outputs = nlohmann::json::parse(json.out)["outputs"];
  EXPECT_EQ(outputs[0]["shape"], (std::vector<int>{1, 3, 32}));
  EXPECT_EQ(outputs[0]["first"].size(), 6U);
}

TEST(Run, IdsBringMaskAndTypesWithThem) {
  const TestFolder folder;
  const auto first_of = [&](const std::string& inputs) {
    const Result result = henson(folder, "run '" + kFull + "' --json " + inputs);
    EXPECT_EQ(result.code, 0) << result.err;
    return nlohmann::json::parse(result.out)["outputs"][0]["first"];
  };
  const std::vector<std::int64_t> ids{1, 2, 3};
  const std::vector<std::int64_t> ones{1, 1, 1};
  const std::vector<std::int64_t> zeros{0, 0, 0};
  write_npz(folder / "in.npz", {{"0", Tensor::borrow(ids, {1, 3})},
                                {"1", Tensor::borrow(ones, {1, 3})},
                                {"2", Tensor::borrow(zeros, {1, 3})}});
  EXPECT_EQ(first_of("--ids '1 2 3'"), first_of("--input '" + (folder / "in.npz").string() + "'"));
}

TEST(Run, SeveralSequencesGetWhatEachGetsAlone) {
  const TestFolder folder;
  const auto outputs_of = [&](const std::string& ids) {
    const Result result = henson(folder, "run '" + kEncoder + "' --json " + ids);
    EXPECT_EQ(result.code, 0) << result.err;
    return nlohmann::json::parse(result.out)["outputs"];
  };
  const auto together = outputs_of("--ids '1 2 3' --ids '4 5'");
  const auto second = outputs_of("--ids '4 5'");
  ASSERT_EQ(together.size(), 4U);
  EXPECT_EQ(together[0]["name"], "0.0");
  EXPECT_EQ(together[2]["name"], "1.0");
  EXPECT_EQ(together[2]["shape"], second[0]["shape"]);
  EXPECT_EQ(together[2]["first"], second[0]["first"]);
}

TEST(Run, InputsByPositionOrByNameGiveTheSame) {
  const TestFolder folder;
  const std::vector<std::int64_t> ids{1, 2, 3, 4};
  const std::vector<std::int64_t> ones{1, 1, 1, 1};
  const std::vector<std::int64_t> zeros{0, 0, 0, 0};
  const Tensor tensors[] = {Tensor::borrow(ids, {2, 2}), Tensor::borrow(ones, {2, 2}),
                            Tensor::borrow(zeros, {2, 2})};
  const auto inputs =
      nlohmann::json::parse(henson(folder, "inspect --json '" + kFull + "'").out)["inputs"];
  ASSERT_EQ(inputs.size(), 3U);
  std::vector<NamedArray> by_name;
  for (std::size_t i = 0; i < 3; ++i) by_name.push_back({inputs[i]["name"], tensors[i]});
  write_npz(folder / "names.npz", by_name);
  write_npz(folder / "paths.npz", {{"0", tensors[0]}, {"1", tensors[1]}, {"2", tensors[2]}});
  write_npz(folder / "mixed.npz", {{"0", tensors[0]}, by_name[1], by_name[2]});

  const auto run = [&](const std::string& name) {
    return henson(folder, "run '" + kFull + "' --input '" + (folder / name).string() +
                              ".npz' --output '" + (folder / name).string() + ".out.npz'");
  };
  EXPECT_EQ(run("names").code, 0);
  EXPECT_EQ(run("paths").code, 0);
  EXPECT_EQ(read_file(folder / "names.out.npz"), read_file(folder / "paths.out.npz"));
  EXPECT_EQ(read_npz(folder / "paths.out.npz").at(0).tensor.shape(),
            (std::vector<std::int64_t>{2, 2, 32}));

  const Result mixed = run("mixed");
  EXPECT_EQ(mixed.code, 3);
  EXPECT_NE(mixed.err.find("name all in one way"), std::string::npos) << mixed.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "mixed.out.npz"));
}

TEST(Run, BadInputsWriteNothing) {
  const TestFolder folder;
  const std::string output = (folder / "out.npz").string();
  const auto run = [&](const std::vector<NamedArray>& arrays) {
    write_npz(folder / "in.npz", arrays);
    const Result result =
        henson(folder, "run '" + kEncoder + "' --input '" + (folder / "in.npz").string() +
                           "' --output '" + output + "'");
    EXPECT_EQ(result.code, 3);
    EXPECT_TRUE(is_one_line(result.err)) << result.err;
    EXPECT_FALSE(std::filesystem::exists(output));
    return result.err;
  };
  const std::vector<float> floats{1, 2};
  const std::vector<std::int64_t> ids{1, 1000000};
  EXPECT_NE(run({{"0", Tensor::borrow(std::span(floats), {1, 2})}}).find("int64"),
            std::string::npos);
  EXPECT_NE(run({{"0", Tensor::borrow(ids, {1, 2})}}).find("1000000"), std::string::npos);
  EXPECT_NE(run({{"7", Tensor::borrow(ids, {1, 2})}}).find("`7`"), std::string::npos);
}

TEST(Run, AnOutputThatCannotBeWritten) {
  expect_failure("run '" + kEncoder + "' --ids '1 2' --output none/out.npz", 3,
                 "none/out.npz: cannot be written");
}

TEST(Verify, RecordedCases) {
  const TestFolder folder;
  const std::string pair = "'" + kEncoder + "' --cases '" + kGolden + "/torch2.13_encoder_ids.npz'";
  const Result result = henson(folder, "verify " + pair);
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_NE(result.out.find("agrees: worst error"), std::string::npos) << result.out;

  const Result strict = henson(folder, "verify --json --tolerance 0 " + pair);
  EXPECT_EQ(strict.code, 1);
  const auto object = nlohmann::json::parse(strict.out).at(0);
  EXPECT_EQ(object["ok"], false);
  EXPECT_EQ(object["name"], "torch2.13_encoder_ids");
  EXPECT_GT(object["worst_error"], 0);
}

TEST(Verify, WrongAnswersAreSeen) {
  const TestFolder folder;
  const std::vector<std::int64_t> ids{1, 2, 3};
  const std::vector<float> wrong(96, 0.5F);
  const std::vector<float> pooled(32, 0.5F);
  write_npz(folder / "cases.npz", {{"in0_0", Tensor::borrow(ids, {1, 3})},
                                   {"out0_0", Tensor::borrow(std::span(wrong), {1, 3, 32})},
                                   {"out0_1", Tensor::borrow(std::span(pooled), {1, 32})}});
  const Result result =
      henson(folder, "verify '" + kEncoder + "' --cases '" + (folder / "cases.npz").string() + "'");
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.out.find(", recorded 0.5 (error "), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("does not agree"), std::string::npos) << result.out;
}

TEST(Verify, CasesThatAreNone) {
  const TestFolder folder;
  const std::vector<std::int64_t> ids{1, 2, 3};
  const Tensor tensor = Tensor::borrow(ids, {1, 3});
  const auto refusal = [&](const std::vector<NamedArray>& arrays) {
    write_npz(folder / "cases.npz", arrays);
    const Result result = henson(
        folder, "verify '" + kEncoder + "' --cases '" + (folder / "cases.npz").string() + "'");
    EXPECT_EQ(result.code, 3);
    return result.err;
  };
  EXPECT_NE(refusal({{"0", tensor}}).find("array `0` is not of a case"), std::string::npos);
  EXPECT_NE(refusal({{"in0_0", tensor}}).find("case 0 has no outputs"), std::string::npos);
  EXPECT_NE(refusal({{"out2_0", tensor}}).find("case 2 has no inputs"), std::string::npos);
  EXPECT_NE(refusal({{"in0_0", tensor}, {"out0_1", tensor}}).find("no array `out0_0`"),
            std::string::npos);
}

TEST(Verify, AFolder) {
  const TestFolder folder;
  const TestFolder& archives = folder;
  const auto copy = [&](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(kGolden + "/" + from, archives / to);
  };
  copy("torch2.13_encoder_ids.pt", "b_good.pt");
  copy("torch2.13_encoder_ids.npz", "b_good.npz");
  copy("torch2.13_encoder_ids.pt", "c_alone.pt");
  const std::string target = "'" + archives.path().string() + "'";
  const Result good = henson(folder, "verify " + target);
  EXPECT_EQ(good.code, 0) << good.out;
  EXPECT_NE(good.out.find("skipped: no .npz of cases beside it"), std::string::npos) << good.out;
  EXPECT_TRUE(good.out.ends_with("\n1 of 1 archive agrees\n")) << good.out;

  write_file(archives / "a_broken.pt", "PK\x03\x04 and no more");
  copy("torch2.13_encoder_ids.npz", "a_broken.npz");
  const Result broken = henson(folder, "verify " + target);
  EXPECT_EQ(broken.code, 1);
  EXPECT_TRUE(broken.out.ends_with("\n1 of 2 archives agree\n")) << broken.out;
  const auto list = nlohmann::json::parse(henson(folder, "verify --json " + target).out);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0]["ok"], false);
  EXPECT_NE(list[0]["reason"], "");
  EXPECT_EQ(list[1]["ok"], true);
  EXPECT_EQ(list[2]["skipped"], true);
}

TEST(Verify, AFolderWithNothingToVerify) {
  const TestFolder folder;
  const Result result = henson(folder, "verify '" + folder.path().string() + "'");
  EXPECT_EQ(result.code, 3);
  EXPECT_TRUE(is_one_line(result.err)) << result.err;
}

TEST(Verify, AloneOnRandomInputs) {
  const TestFolder folder;
  const Result result = henson(folder, "verify '" + kFull + "'");
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_NE(result.out.find("Plan against interpreter on random inputs"), std::string::npos);
  EXPECT_NE(result.out.find("[1, 12] [1, 12] [1, 12]"), std::string::npos) << result.out;
}

/// The line that tells what runs the kernels.
std::string cpu() {
  return runtime::processor_name() + ", " + std::string(runtime::instruction_set()) + '\n';
}

TEST(Bench, ATableOfTimes) {
  const TestFolder folder;
  const Result result =
      henson(folder, "bench '" + kFull + "' --shape 2x7 --shape 3x5..9 --threads 1 --seconds 0");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(result.out.starts_with("torch2.13_encoder_full.pt, fp32, 1 thread, plan\n" + cpu()))
      << result.out;
  for (const std::string words : {"  2x7 ", "  3x5..9 ", "min ms", "of peak", "\npeak "}) {
    EXPECT_NE(result.out.find(words), std::string::npos) << words << '\n' << result.out;
  }
  EXPECT_EQ(result.out.find("by step"), std::string::npos) << result.out;
  const Result profile = henson(folder, "bench '" + kFull + "' --shape 2x7 --profile --seconds 0");
  EXPECT_NE(profile.out.find("2x7, by step"), std::string::npos) << profile.out;
  EXPECT_NE(profile.out.find("attention, 4 heads"), std::string::npos) << profile.out;
}

TEST(Bench, Json) {
  const TestFolder folder;
  const Result result = henson(folder, "bench '" + kFull +
                                           "' --shape 2x7 --shape 3x5..9 --threads 1 --json "
                                           "--profile --seconds 0");
  EXPECT_EQ(result.code, 0) << result.err;
  const auto list = nlohmann::json::parse(result.out);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["shape"], "2x7");
  EXPECT_EQ(list[1]["shape"], "3x5..9");
  EXPECT_EQ(list[1]["tokens"], 21);
  for (const auto& one : list) {
    EXPECT_EQ(one["threads"], 1);
    EXPECT_EQ(one["precision"], "fp32");
    EXPECT_EQ(one["cpu"], runtime::processor_name());
    EXPECT_EQ(one["isa"], runtime::instruction_set());
    EXPECT_GT(one["min_ms"], 0);
    EXPECT_GE(one["median_ms"], one["min_ms"]);
    EXPECT_GT(one["load_ms"], 0);
    EXPECT_GT(one["peak_rss_bytes"], 1 << 20);
    EXPECT_GT(one["gops"], 0);
    EXPECT_NEAR(one["share_of_peak"].get<double>(),
                one["gops"].get<double>() / one["peak_gops"].get<double>(), 1e-9);
    EXPECT_FALSE(one["profile"].empty());
  }
}

TEST(Bench, TheInterpreterDoesTheSameOperations) {
  const TestFolder folder;
  const auto operations_by = [&](const std::string& executor) {
    const Result result =
        henson(folder, "bench '" + kFull + "' --shape 3x5..9 --threads 1 --json --seconds 0" +
                           " --executor " + executor);
    EXPECT_EQ(result.code, 0) << result.err;
    const auto one = nlohmann::json::parse(result.out).at(0);
    return one["gops"].get<double>() * one["min_ms"].get<double>();
  };
  const double plan = operations_by("plan");
  EXPECT_GT(plan, 0);
  EXPECT_NEAR(operations_by("interpreter"), plan, 1e-6 * plan);
}

TEST(Bench, ShapesThatTheArchiveCannotTake) {
  // The encoder's table of positions has 24 rows.
  expect_failure("bench '" + kFull + "' --shape 2x7 --shape 1x25 --seconds 0", 3,
                 "torch2.13_encoder_full.pt: shape 1x25: ");
}

TEST(Inspect, TellsTheArchive) {
  const TestFolder folder;
  const std::string archive = kGolden + "/torch2.13_masked_lm.pt";
  const Result result = henson(folder, "inspect '" + archive + "'");
  EXPECT_EQ(result.code, 0) << result.err;
  for (const std::string words : {"layout", "Inputs", "Output", "Shape", "int64", "float32"}) {
    EXPECT_NE(result.out.find(words), std::string::npos) << words << '\n' << result.out;
  }
  const auto json = nlohmann::json::parse(henson(folder, "inspect --json '" + archive + "'").out);
  EXPECT_FALSE(json["tensors"].empty());
  EXPECT_EQ(json["inputs"][0]["dtype"], "int64");
  EXPECT_FALSE(json.contains("plan"));
  const auto plan =
      nlohmann::json::parse(henson(folder, "inspect --json --plan '" + archive + "'").out);
  EXPECT_FALSE(plan["plan"].empty());
  EXPECT_EQ(plan["cpu"], runtime::processor_name());
  EXPECT_EQ(plan["isa"], runtime::instruction_set());
  const Result lines = henson(folder, "inspect --plan '" + archive + "'");
  EXPECT_NE(lines.out.find("\nPlan in fp32 for " + cpu()), std::string::npos) << lines.out;
}

TEST(Inspect, TellsTheInstructionSetThatIsAskedFor) {
  const TestFolder folder;
  const std::string file = (folder / "out").string();
  const std::string line = "HENSON_ISA=baseline " + std::string(HENSON_PROGRAM) +
                           " inspect --plan '" + kFull + "' >'" + file + "'";
  EXPECT_EQ(std::system(line.c_str()), 0);
  EXPECT_NE(read_file(file).find(runtime::processor_name() + ", baseline\n"), std::string::npos);
}

TEST(Run, AMappedArchiveGivesTheSameAnswer) {
  const TestFolder folder;
  const std::string line = "run '" + kGolden + "/torch2.13_encoder_ids.pt' --ids '2 3 5' --json";
  const Result read = henson(folder, line);
  EXPECT_EQ(read.code, 0) << read.err;
  EXPECT_EQ(read.out, henson(folder, line + " --map").out);
}

TEST(Inspect, ReadsStandardInputOfAFileAndOfAPipe) {
  const TestFolder folder;
  std::string expected = henson(folder, "inspect '" + kFull + "'").out;
  for (std::size_t at; (at = expected.find(kFull)) != std::string::npos;) {
    expected.replace(at, kFull.size(), "/dev/stdin");  // in the lines that work on it
  }
  const auto below_its_name = [](const std::string& text) { return text.substr(text.find('\n')); };
  for (const std::string& line :
       {"inspect - <'" + kFull + "'", "inspect /dev/stdin <'" + kFull + "'"}) {
    const Result result = henson(folder, line);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(below_its_name(result.out), below_its_name(expected));
  }
  const std::string out = (folder / "out").string();
  for (const std::string place : {"-", "/dev/stdin"}) {
    const std::string line = "cat '" + kFull + "' | " + std::string(HENSON_PROGRAM) + " inspect " +
                             place + " >'" + out + "'";
    EXPECT_EQ(std::system(line.c_str()), 0);
    EXPECT_EQ(below_its_name(read_file(out)), below_its_name(expected));
  }
  expect_failure("inspect - </dev/null", 3, "standard input: neither a file nor a pipe");
}

TEST(Inspect, ThePlanIsInThePrecisionThatIsAsked) {
  const TestFolder folder;
  const std::string plan = "inspect '" + kFull + "' --plan";
  const Result exact = henson(folder, plan);
  EXPECT_NE(exact.out.find("\nPlan in fp32 for "), std::string::npos) << exact.out;
  EXPECT_EQ(exact.out.find("-> 96 int8"), std::string::npos) << exact.out;
  const Result int8 = henson(folder, plan + " --precision int8");
  EXPECT_NE(int8.out.find("\nPlan in int8 for "), std::string::npos) << int8.out;
  EXPECT_NE(int8.out.find("3 projections 32 -> 96 int8"), std::string::npos) << int8.out;
  const auto json = nlohmann::json::parse(henson(folder, plan + " --precision bf16 --json").out);
  EXPECT_EQ(json["precision"], "bf16");
  EXPECT_NE(json["plan"].dump().find("3 projections 32 -> 96 bf16"), std::string::npos);
  expect_failure("inspect '" + kFull + "' --precision int8", 2, "give --plan too");
}

}  // namespace
}  // namespace henson::tools
