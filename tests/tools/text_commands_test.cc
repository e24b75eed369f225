// The commands that take text.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/tools/files.h"
#include "tests/tools/program.h"
#include "tools/npy.h"

namespace henson::tools {
namespace {

using Json = nlohmann::json;

const std::string kTasks = std::string(HENSON_TEST_SOURCES) + "/tasks/";
const std::string kVocabulary = " --vocab '" + kTasks + "vocab.txt' ";
const std::string kEncoder =
    "'" + std::string(HENSON_TEST_DATA) + "/torch2.13_encoder_full.pt'" + kVocabulary;

std::string archive(const std::string& name) { return "'" + kTasks + name + ".pt' "; }

Json json_of(const TestFolder& folder, const std::string& arguments) {
  const Result result = henson(folder, arguments + " --json");
  EXPECT_EQ(result.code, 0) << result.err;
  return Json::parse(result.out);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// 1,500 lines of several lengths, more than run together.
std::string many_lines() {
  std::string text;
  for (int i = 0; i < 1500; ++i) {
    for (int k = 0; k <= i % 7; ++k) text += k % 2 == 0 ? "frog " : "puppet ";
    text += i % 3 == 0 ? "\r\n" : "\n";
  }
  return text;
}

/// The rows of an npy file of float32.
struct Matrix {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

Matrix read_matrix(const std::filesystem::path& path) {
  const std::string npy = read_file(path);
  const auto bytes = std::as_bytes(std::span(npy));
  const NpyHeader header = parse_npy_header(bytes, npy.size(), path.string());
  const Tensor tensor = decode_npy(header, bytes.subspan(header.size));
  const auto values = tensor.values<float>();
  return {header.shape, {values.begin(), values.end()}};
}

TEST(Embed, ArgumentsAFileAndStandardInputGiveTheSame) {
  const TestFolder folder;
  write_file(folder / "in.txt", "the frog\n\nWho was he?\r\n[MASK] show");
  const Result arguments =
      henson(folder, "embed " + kEncoder + "'the frog' '' 'Who was he?' '[MASK] show'");
  EXPECT_EQ(arguments.code, 0) << arguments.err;
  EXPECT_EQ(arguments.err, "");
  EXPECT_EQ(lines_of(arguments.out).size(), 4U);
  const std::string file = " '" + (folder / "in.txt").string() + "'";
  EXPECT_EQ(henson(folder, "embed " + kEncoder + "--input" + file).out, arguments.out);
  EXPECT_EQ(henson(folder, "embed " + kEncoder + "<" + file).out, arguments.out);
  EXPECT_EQ(henson(folder, "embed " + kEncoder + "--input - <" + file).out, arguments.out);
}

TEST(Embed, FormatsHoldTheSameNumbersInTheOrderOfTheLines) {
  const TestFolder folder;
  write_file(folder / "in.txt", many_lines());
  const auto embed = [&](const std::string& more) {
    const Result result = henson(
        folder, "embed " + kEncoder + "--input '" + (folder / "in.txt").string() + "' " + more);
    EXPECT_EQ(result.code, 0) << result.err;
    return result.out;
  };
  const auto text = lines_of(embed(""));
  const auto json = lines_of(embed("--format jsonl"));
  embed("--output '" + (folder / "out.npy").string() + "'");
  embed("--output '" + (folder / "out.jsonl").string() + "'");
  EXPECT_EQ(lines_of(read_file(folder / "out.jsonl")), json);
  EXPECT_FALSE(std::filesystem::exists(folder / "out.npy.part"));

  const auto [shape, values] = read_matrix(folder / "out.npy");
  EXPECT_EQ(shape, (std::vector<std::int64_t>{1500, 32}));
  ASSERT_EQ(text.size(), 1500U);
  ASSERT_EQ(json.size(), 1500U);
  for (const std::size_t i : {0, 1, 2, 1023, 1024, 1499}) {
    const Json line = Json::parse(json[i]);
    EXPECT_EQ(line["text"].get<std::string>().starts_with("frog"), true);
    std::istringstream numbers(text[i]);
    for (std::size_t d = 0; d < 32; ++d) {
      float number = 0;
      numbers >> number;
      EXPECT_EQ(number, values[i * 32 + d]) << i;
      EXPECT_EQ(line["embedding"][d].get<float>(), number) << i;
    }
  }
  const Result first = henson(folder, "embed " + kEncoder + "frog");
  EXPECT_EQ(lines_of(first.out)[0].substr(0, 20), text[0].substr(0, 20)) << "\"frog \"";
}

TEST(Embed, EqualsSentenceTransformersOnTwoHundredSentences) {
  const auto root = std::filesystem::path(HENSON_TEST_SOURCES).parent_path();
  const std::string sample = (root / "build/sample/minilm.pt").string();
  if (!std::filesystem::exists(sample)) GTEST_SKIP() << "tools/quickstart makes " << sample;
  const TestFolder folder;
  const std::string out = (folder / "out.npy").string();
  const Result result = henson(folder, "embed '" + sample + "' --input '" + kTasks +
                                           "sentences.txt' --output '" + out + "'");
  ASSERT_EQ(result.code, 0) << result.err;
  const Matrix ours = read_matrix(out);
  const Matrix theirs = read_matrix(kTasks + "sentences.npy");
  ASSERT_EQ(theirs.shape, (std::vector<std::int64_t>{200, 384}));
  ASSERT_EQ(ours.shape, theirs.shape);
  float worst = 0;
  for (std::size_t i = 0; i < ours.values.size(); ++i) {
    worst = std::max(worst, std::abs(ours.values[i] - theirs.values[i]));
  }
  EXPECT_LE(worst, 1e-5);
}

TEST(Embed, NothingGivesAnArrayOfNoRows) {
  const TestFolder folder;
  const std::string out = (folder / "out.npy").string();
  EXPECT_EQ(henson(folder, "embed " + kEncoder + "--output '" + out + "' </dev/null").code, 0);
  EXPECT_EQ(read_matrix(out).shape, (std::vector<std::int64_t>{0, 32}));
}

TEST(Embed, AClosedPipeEndsItQuietly) {
  const TestFolder folder;
  write_file(folder / "in.txt", many_lines() + many_lines() + many_lines());
  const Result result = henson(
      folder, "embed " + kEncoder + "--input '" + (folder / "in.txt").string() + "' | head -n 1");
  EXPECT_EQ(lines_of(result.out).size(), 1U);
  EXPECT_EQ(result.err, "");
}

TEST(Embed, CtrlCLeavesNoHalfFile) {
  const TestFolder folder;
  const std::string out = (folder / "out.npy").string();
  // Nobody writes to the input, and nobody closes it: only the signal ends this.
  const std::string fifo = (folder / "fifo").string();
  const std::string err = (folder / "stderr").string();
  const std::string line = "mkfifo '" + fifo + "'; sleep 5 >'" + fifo +
                           "' & timeout --preserve-status -s INT 2 " + HENSON_PROGRAM + " embed " +
                           kEncoder + "--output '" + out + "' --input '" + fifo + "' 2>'" + err +
                           "'";
  const int status = std::system(line.c_str());
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 130);
  EXPECT_TRUE(read_file(err).starts_with("henson: interrupted after 0 texts")) << read_file(err);
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_FALSE(std::filesystem::exists(out + ".part"));
}

TEST(Embed, BadUsageAndFiles) {
  expect_failure("embed " + kEncoder + "--format npy frog", 2, "needs --output");
  expect_failure("embed " + kEncoder + "--input a.txt frog", 2, "not both");
  expect_failure("embed " + kEncoder + "--pooling median frog", 2, "--pooling");
  expect_failure("embed " + kEncoder + "--input none.txt", 3, "none.txt: No such file");
  expect_failure("embed " + kEncoder + "--output none/out.npy frog", 3, "cannot be written");
  expect_failure("embed '" + std::string(HENSON_TEST_DATA) + "/sentence.pt' frog", 2, "--vocab");
  expect_failure("embed " + archive("tagger") + "frog", 3,
                 "no hidden states [1, length, size] and no embedding [1, size]: it returns `0` "
                 "[1, length, 5] of a linear layer");
}

TEST(Embed, LengthsAsTheyAre) {
  const TestFolder folder;
  const auto length = [&](const std::string& more) {
    std::istringstream numbers(henson(folder, "embed " + kEncoder + "frog " + more).out);
    double squares = 0;
    for (double number = 0; numbers >> number;) squares += number * number;
    return std::sqrt(squares);
  };
  EXPECT_NEAR(length(""), 1, 1e-6);
  EXPECT_GT(std::abs(length("--no-normalize") - 1), 1e-3);
}

TEST(Similar, OfAMatrixTheDiagonalIsOne) {
  const TestFolder folder;
  const Json json = json_of(folder, "similar " + kEncoder + "frog 'the puppet'");
  EXPECT_NEAR(json["similarities"][0][0], 1, 1e-6);
  EXPECT_EQ(json["similarities"][0][1], json["similarities"][1][0]);
  EXPECT_LT(json["similarities"][0][1], 0.9999);
}

TEST(Similar, TheNearestLineIsTheQueryItself) {
  const TestFolder folder;
  write_file(folder / "in.txt", many_lines() + "the muppet show\n" + many_lines());
  const Json json =
      json_of(folder, "similar " + kEncoder + "--query 'The Muppet show' --top 3 --input '" +
                          (folder / "in.txt").string() + "'");
  ASSERT_EQ(json.size(), 3U);
  EXPECT_EQ(json[0]["line"], 1501);
  EXPECT_NEAR(json[0]["similarity"], 1, 1e-6);
  EXPECT_GT(json[0]["similarity"], json[1]["similarity"]);
}

TEST(FillMask, TopTokens) {
  const TestFolder folder;
  const Json json = json_of(folder, "fill-mask " + archive("masked_lm") + "--top 2 'a [MASK]'");
  EXPECT_EQ(json["masks"][0]["begin"], 2);
  EXPECT_EQ(json["masks"][0]["guesses"].size(), 2U);
  expect_failure("fill-mask " + archive("masked_lm") + "frog", 3, "the text has no [MASK]");
}

TEST(FillMask, ATextWithoutAMaskIsToldOfAndTheOthersAreAnswered) {
  const TestFolder folder;
  write_file(folder / "in.txt", "a [MASK]\nfrog\nthe [MASK]\n");
  const std::string input = (folder / "in.txt").string();
  const Result result =
      henson(folder, "fill-mask " + archive("masked_lm") + "--top 1 --input '" + input + "'");
  EXPECT_EQ(result.code, 1);
  EXPECT_TRUE(is_one_line(result.err)) << result.err;
  EXPECT_NE(result.err.find(input + ":2: the text has no [MASK]"), std::string::npos) << result.err;
  const std::vector<std::string> lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 5U) << result.out;
  EXPECT_EQ(lines[0], "a [MASK]");
  EXPECT_EQ(lines[2], "");
  EXPECT_EQ(lines[3], "the [MASK]");
}

TEST(Classify, SaysWhatWasCut) {
  const TestFolder folder;
  const Result result = henson(folder, "classify " + archive("classifier") + kVocabulary +
                                           "--max-length 5 frog 'a b c d e f'");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "henson: note: 1 text was cut to 5 tokens\n");
}

TEST(Classify, LabelsFromAConfig) {
  const TestFolder folder;
  write_file(folder / "config.json", R"({"id2label": {"0": "sad", "1": "so", "2": "happy"}})");
  const Json json =
      json_of(folder, "classify " + archive("classifier") + "--labels '" +
                          (folder / "config.json").string() + "' 'Jim Henson was a puppeteer.'");
  EXPECT_EQ(json["scores"].size(), 3U);
  for (const Json& score : json["scores"]) {
    EXPECT_EQ(score["label"], Json({"sad", "so", "happy"})[score["class"].get<std::size_t>()]);
  }
  EXPECT_GE(json["scores"][0]["score"], json["scores"][1]["score"]);
}

TEST(Tag, ALineAWord) {
  const TestFolder folder;
  const Result result = henson(folder, "tag " + archive("tagger") + "'He made it!'");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(lines_of(result.out).size(), 4U) << result.out;
  const Json json = json_of(folder, "tag " + archive("tagger") + "'He made it!'");
  EXPECT_EQ(json["words"][3]["text"], "!");
  EXPECT_EQ(json["words"][3]["begin"], 10);
  EXPECT_EQ(json["words"][3]["end_char"], 11);
}

TEST(Answer, PlacesAreBytesWithTheCharactersBeside) {
  const TestFolder folder;
  const Json json =
      json_of(folder, "answer " + archive("answerer") +
                          "'who was he?' 'J\u00edm H\u00e9nson was a puppeteer' --top 50");
  const std::string context = "J\u00edm H\u00e9nson was a puppeteer";
  for (const Json& answer : json["answers"]) {
    const std::size_t begin = answer["begin"];
    const std::size_t end = answer["end"];
    EXPECT_EQ(answer["text"], context.substr(begin, end - begin));
    const std::size_t accents = begin > 6 ? 2 : begin > 1 ? 1 : 0;
    EXPECT_EQ(answer["begin_char"], begin - accents);
  }
  expect_failure("answer " + archive("answerer") + "'who was he?'", 2, "give the context");
}

TEST(NextSentence, AProbability) {
  const TestFolder folder;
  const Json json =
      json_of(folder, "next-sentence " + archive("next_sentence") + "'a frog' 'a film'");
  EXPECT_GT(json["probability"], 0);
  EXPECT_LT(json["probability"], 1);
}

TEST(TextCommands, Help) {
  const TestFolder folder;
  for (const std::string command :
       {"embed", "similar", "fill-mask", "classify", "tag", "answer", "next-sentence"}) {
    const Result result = henson(folder, command + " --help");
    EXPECT_EQ(result.code, 0);
    EXPECT_NE(result.out.find("Example"), std::string::npos) << command;
  }
}

/// What `embed` says when the archive is changed by `change` after it was opened, which the FIFO
/// tells: the program opens that for its texts only then.
Result embed_from_changed(const TestFolder& folder, const std::string& change) {
  const std::filesystem::path golden = HENSON_TEST_DATA;
  std::filesystem::copy_file(golden / "torch2.13_encoder_full.pt", folder / "model.pt");
  std::ofstream(folder / "script")
      << "mkfifo texts\n"
      << HENSON_PROGRAM << " embed model.pt" << kVocabulary << "--input texts >out 2>err &\n"
      << "exec 3>texts\n"  // waits until it is read
      << change << "\necho frog >&3\nexec 3>&-\nwait $!\n";
  const std::string line = "cd '" + folder.path().string() + "' && timeout 60 sh script";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(folder / "out"),
          read_file(folder / "err")};
}

TEST(ChangedArchive, IsAnErrorOfOneLine) {
  for (const char* const change :
       {": >model.pt", "truncate -s 2000 model.pt", "head -c 100000 /dev/zero >model.pt"}) {
    const TestFolder folder;
    const Result result = embed_from_changed(folder, change);
    EXPECT_EQ(result.code, 3) << change;
    EXPECT_TRUE(is_one_line(result.err)) << result.err;
    EXPECT_TRUE(result.err.starts_with("henson: data/")) << result.err;
    EXPECT_NE(result.err.find("the archive's file was changed or cut short after it was opened; "
                              "open it again"),
              std::string::npos)
        << result.err;
    EXPECT_EQ(result.out, "");
  }
}

TEST(ChangedArchive, ThatIsReplacedByItsNameServesOn) {
  const TestFolder folder;
  const Result result = embed_from_changed(folder, "echo other >new; mv new model.pt");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, henson(folder, "embed " + kEncoder + " frog").out);
}

/// A copy of a golden folder with what it shares with the others.
void use_folder(const std::filesystem::path& to, const std::string& name) {
  const std::filesystem::path folders = kTasks + "folders";
  std::filesystem::copy(folders / name, to, std::filesystem::copy_options::recursive);
  std::filesystem::copy(folders / "encoder.pt", to / "model.pt");
  std::filesystem::copy(folders / "vocab.txt", to / "vocab.txt");
}

TEST(TextFolder, StandsWhereAnArchiveDoes) {
  const TestFolder folder;
  use_folder(folder / "m", "short");
  const std::string path = "'" + (folder / "m").string() + "' ";
  const Result whole = henson(folder, "embed " + path + "'a long text about frogs and puppets'");
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_EQ(whole.err, "henson: note: 1 text was cut to 9 tokens\n");
  const std::string archive_in = "'" + (folder / "m" / "model.pt").string() + "' ";
  EXPECT_EQ(henson(folder, "embed " + archive_in + "'a long text about frogs and puppets'").out,
            whole.out);
  EXPECT_NE(henson(folder, "embed " + path + "--pooling cls frog").out,
            henson(folder, "embed " + path + "frog").out);
  EXPECT_EQ(henson(folder, "embed " + path + "--output 0 frog").out,
            henson(folder, "embed " + path + "--head 0 frog").out);
  EXPECT_EQ(
      lines_of(henson(folder, "embed " + path + "--truncate-to 3 frog").out)[0].find_last_of(' '),
      henson(folder, "embed " + path + "--truncate-to 3 frog").out.find_last_of(' '));
}

TEST(TextFolder, IsExplained) {
  const TestFolder folder;
  use_folder(folder / "m", "dense_tanh");
  const std::string path = "'" + (folder / "m").string() + "' ";
  const auto setting = [&](const std::string& command, const std::string& name) {
    for (const Json& found : json_of(folder, command)) {
      if (found["name"] == name) return found;
    }
    return Json();
  };
  const Json dense = setting("explain " + path, "dense");
  EXPECT_EQ(dense["value"], "24 to 10, Tanh");
  EXPECT_EQ(dense["origin"], "2_Dense/config.json");
  const Json pooling = setting("similar --explain --pooling max " + path, "pooling");
  EXPECT_EQ(pooling["value"], "max");
  EXPECT_EQ(pooling["instead_of"], "mean (1_Pooling/config.json)");
  EXPECT_EQ(setting("explain " + path + "--role 1=mask", "input 1")["origin"], "option roles");
  for (const std::string command : {"embed", "fill-mask", "classify", "tag", "sparse"}) {
    const Result result = henson(folder, command + " --explain " + path);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_NE(result.out.find("max length"), std::string::npos) << command;
  }
  const auto expect_refusal = [&](const std::string& more, int code, const std::string& words) {
    const Result result = henson(folder, "explain " + path + more);
    EXPECT_EQ(result.code, code) << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
  };
  expect_refusal("--role 1", 2, "INPUT=ROLE");
  expect_refusal("--role 1=masks", 2, "none of ids, mask, types");
  expect_refusal("--role 7=mask", 3, "no input `7`");
  expect_refusal("--modules-done x", 2, "--modules-done");
}

TEST(Rerank, BestFirst) {
  const TestFolder folder;
  const std::string pipelines = kTasks + "pipelines/";
  const std::string ranker =
      "'" + pipelines + "ranker.pt' --vocab '" + pipelines + "vocab.txt' 'the frog' ";
  const Json json = json_of(folder, "rerank " + ranker + "'a frog' 'it rains' 'the frog'");
  ASSERT_EQ(json.size(), 3U);
  EXPECT_GE(json[0]["score"], json[1]["score"]);
  EXPECT_GE(json[1]["score"], json[2]["score"]);
  EXPECT_EQ(json_of(folder, "rerank " + ranker + "--top 1 'a frog' 'it rains' 'the frog'"),
            Json::array({json[0]}));
}

TEST(Sparse, TheHeaviestTokensFirst) {
  const TestFolder folder;
  const std::string pipelines = kTasks + "pipelines/";
  const Json json = json_of(folder, "sparse '" + pipelines + "splade.pt' --vocab '" + pipelines +
                                        "vocab.txt' --top 4 'the frog'");
  ASSERT_EQ(json["tokens"].size(), 4U);
  EXPECT_GT(json["tokens"][0]["weight"], json["tokens"][3]["weight"]);
}

TEST(Similar, AsTheFolderSays) {
  const TestFolder folder;
  use_folder(folder / "m", "named_prompt");  // of the dot product
  const std::string path = "'" + (folder / "m").string() + "' ";
  const Json dots = json_of(folder, "similar " + path + "frog 'the puppet'")["similarities"];
  EXPECT_GT(std::abs(dots[0][0].get<double>() - 1), 0.01);
  const Json sums =
      json_of(folder, "similar --maxsim " + path + "frog 'the puppet'")["similarities"];
  EXPECT_NEAR(sums[0][0], 6, 1e-5);  // [CLS] f ##r ##o ##g [SEP], each its own best
}

}  // namespace
}  // namespace henson::tools
