// What is told of archives against what the scripts that made them say: tests/golden/make_golden.py
// for the golden ones. HENSON_MUSEUM names a folder of more; its names tell class and variant.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "henson/inspect.h"

namespace henson {
namespace {

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(HENSON_TEST_DATA) / (name + ".pt");
}

/// The figures of a configuration. Layer norm's and activation's are BERT's own.
struct Configuration {
  ModelFamily family = ModelFamily::kBert;
  std::int64_t layers = 2;
  std::int64_t hidden = 64;
  std::int64_t embedding = 64;
  std::int64_t heads = 4;
  std::int64_t wide = 128;
  std::string activation = "gelu";
  double eps = 1e-12;
  std::optional<std::int64_t> vocabulary = 120;
  std::int64_t positions = 70;
  std::optional<std::int64_t> first_position = 0;
  std::int64_t types = 2;
  std::size_t weight_sets = 2;
};

void expect_figures(const ModelSummary& summary, const Configuration& wanted) {
  EXPECT_EQ(name_of(summary.family), name_of(wanted.family));
  EXPECT_EQ(summary.layers.size(), wanted.layers);
  EXPECT_EQ(summary.weight_sets, wanted.weight_sets);
  EXPECT_EQ(summary.hidden, wanted.hidden);
  EXPECT_EQ(summary.embedding_size, wanted.embedding);
  EXPECT_EQ(summary.heads, wanted.heads);
  EXPECT_EQ(summary.head_size, wanted.hidden / wanted.heads);
  EXPECT_EQ(summary.feed_forward, wanted.wide);
  EXPECT_EQ(summary.activation, wanted.activation);
  EXPECT_EQ(summary.norm_eps, wanted.eps);
  EXPECT_EQ(summary.vocabulary, wanted.vocabulary);
  EXPECT_EQ(summary.positions, wanted.positions);
  EXPECT_EQ(summary.first_position, wanted.first_position);
  EXPECT_EQ(summary.token_types, wanted.types);
  EXPECT_EQ(summary.position_kind, PositionKind::kAbsolute);
}

/// Roles that say one thing each, by their words.
std::multiset<std::string> roles_of(const Inspection& archive) {
  std::multiset<std::string> roles;
  for (const InspectedTensor& tensor : archive.tensors()) {
    for (const WeightRole& role : tensor.roles) roles.insert(to_string(role));
  }
  return roles;
}

/// Those of a layer of BERT, and of the embeddings.
std::multiset<std::string> usual_roles(std::size_t layers) {
  std::multiset<std::string> roles = {"word embeddings", "position embeddings",
                                      "token type embeddings", "embedding layer norm",
                                      "embedding layer norm bias"};
  for (std::size_t i = 0; i < layers; ++i) {
    for (const std::string part :
         {"query", "key", "value", "attention output", "attention layer norm", "feed-forward in",
          "feed-forward out", "output layer norm"}) {
      roles.insert(part + " of layer " + std::to_string(i));
      roles.insert(part + " bias of layer " + std::to_string(i));
    }
  }
  return roles;
}

/// What name and style of a golden archive say: make_golden.py has it.
Configuration golden_configuration(const std::string& name) {
  Configuration wanted;
  wanted.hidden = wanted.embedding = 32;
  wanted.wide = 48;
  wanted.vocabulary = 99;
  wanted.positions = 24;
  const bool two = name.ends_with("_encoder_full");
  wanted.layers = two ? 2 : 1;
  wanted.weight_sets = two ? 2 : 1;
  return wanted;
}

ModelKind golden_kind(const std::string& name) {
  if (name.ends_with("masked_lm") || name.ends_with("frozen")) return ModelKind::kMaskedLanguage;
  if (name.ends_with("dict_input")) return ModelKind::kSentenceEmbedding;
  if (name.ends_with("profiled")) return ModelKind::kSentenceEmbedding;
  if (name.ends_with("recurrent")) return ModelKind::kUnknown;
  return ModelKind::kEncoder;
}

TEST(Inspection, FiguresOfTheGoldenArchives) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(HENSON_TEST_DATA)) {
    const std::string name = file.path().stem().string();
    if (file.path().extension() != ".pt" || !name.starts_with("torch")) continue;
    SCOPED_TRACE(name);
    ++count;
    const Inspection archive = Inspection::open(file.path());
    ASSERT_NE(archive.model(), nullptr) << archive.why_not()->what();
    expect_figures(archive.summary(), golden_configuration(name));
    EXPECT_EQ(name_of(archive.summary().kind), name_of(golden_kind(name)));
    EXPECT_EQ(archive.decoders().empty(), golden_kind(name) != ModelKind::kMaskedLanguage);
  }
  EXPECT_GE(count, 40);
}

TEST(Inspection, RolesOfEveryWeightOfTheGoldenArchives) {
  for (const std::string version : {"1.0", "1.2", "1.3", "1.5", "1.10", "2.13"}) {
    SCOPED_TRACE(version);
    auto wanted = usual_roles(2);
    wanted.insert({"pooler", "pooler bias"});
    EXPECT_EQ(roles_of(Inspection::open(golden("torch" + version + "_encoder_full"))), wanted);
    wanted = usual_roles(1);
    wanted.insert({"head transform", "head transform bias", "head layer norm",
                   "head layer norm bias", "decoder", "decoder bias"});
    const bool tied = version != "1.0" && version != "1.2";  // two names of one tensor
    if (tied) wanted.insert({"word embeddings", "decoder"});
    EXPECT_EQ(roles_of(Inspection::open(golden("torch" + version + "_masked_lm"))), wanted);
  }
}

TEST(Inspection, AFrozenArchiveIsNamedByRoles) {
  const Inspection archive = Inspection::open(golden("torch2.13_frozen"));
  std::map<std::string, std::string> names;
  for (const InspectedTensor& tensor : archive.tensors()) {
    EXPECT_TRUE(names.emplace(tensor.display_name, tensor.weight.name).second);
  }
  for (const char* name : {"word_embeddings.weight", "layer.0.query.weight", "layer.0.query.bias",
                           "layer.0.feed_forward_in.weight", "head_transform.weight"}) {
    ASSERT_TRUE(names.contains(name)) << name;
    EXPECT_TRUE(names[name].starts_with("CONSTANTS.c"));
  }
}

TEST(Inspection, ATableOfEightBitsHasItsRole) {
  const Inspection archive = Inspection::open(golden("torch2.13_embedding_byte"));
  const auto roles = roles_of(archive);
  EXPECT_EQ(roles.count("word embeddings"), 1);
  EXPECT_EQ(roles.count("word embeddings scales and zeros"), 2);
  ASSERT_TRUE(archive.precision().quantization);
  EXPECT_EQ(archive.precision().quantization->tables, 1);
  EXPECT_EQ(archive.precision().quantization->layers, 0);
}

TEST(Inspection, PrecisionOfWeightsAndProducts) {
  const auto text = [](const std::string& name) {
    return Inspection::open(golden(name)).precision().text;
  };
  EXPECT_EQ(text("torch2.13_encoder_full"), "fp32");
  EXPECT_EQ(text("torch2.13_half"), "fp16");
  EXPECT_EQ(text("torch2.13_bfloat16"), "bf16");
  EXPECT_EQ(text("torch2.13_int8"), "int8 (dynamic, a scale a tensor)");
  EXPECT_EQ(text("torch1.5_int8"), "int8 (dynamic, a scale a tensor)");
  const Inspection archive = Inspection::open(golden("torch2.13_int8"));
  ASSERT_TRUE(archive.precision().quantization);
  EXPECT_EQ(archive.precision().quantization->layers, 7);
  EXPECT_GT(archive.precision().quantization->smallest_scale, 0);
}

TEST(Inspection, DecodersAreTiedOrNot) {
  const auto state = [](const std::string& name) {
    const Inspection archive = Inspection::open(golden(name));
    return archive.decoders().size() == 1 ? name_of(archive.decoders()[0].state) : "none";
  };
  EXPECT_EQ(state("torch1.0_masked_lm"), "equal");
  EXPECT_EQ(state("torch1.2_masked_lm"), "equal");
  EXPECT_EQ(state("torch1.3_masked_lm"), "tied");
  EXPECT_EQ(state("torch2.13_masked_lm"), "tied");
  EXPECT_EQ(state("torch2.13_frozen"), "tied");
  EXPECT_EQ(state("torch2.13_encoder_full"), "none");
  const Inspection untied = Inspection::open(golden("torch1.0_masked_lm"));
  ASSERT_FALSE(untied.shared().empty());
  EXPECT_FALSE(untied.shared()[0].tied);
  EXPECT_EQ(untied.shared()[0].saved, 99 * 32 * 4);
  const Inspection tied = Inspection::open(golden("torch2.13_masked_lm"));
  ASSERT_FALSE(tied.shared().empty());
  EXPECT_TRUE(tied.shared()[0].tied);
  EXPECT_EQ(tied.shared()[0].saved, 99 * 32 * 4);
  EXPECT_EQ(tied.summary().parameters + 99 * 32, untied.summary().parameters);
}

TEST(Inspection, LocksAreToldOnceASize) {
  const Inspection archive = Inspection::open(golden("torch1.2_locked2x7"));
  std::map<std::string, std::optional<std::int64_t>> sizes;
  for (const LockGroup& lock : archive.locks()) {
    EXPECT_TRUE(lock.unlocked) << lock.reason;
    EXPECT_FALSE(lock.lines.empty());
    EXPECT_TRUE(sizes.emplace(lock.dimension, lock.value).second) << lock.dimension;
  }
  EXPECT_EQ(sizes["the batch"], 2);
  EXPECT_EQ(sizes["the sequence length"], 7);
  EXPECT_TRUE(Inspection::open(golden("torch2.13_encoder_full")).locks().empty());
}

TEST(Inspection, WhatMadeAnArchive) {
  const auto made = [](const std::string& name) {
    const Provenance from = Inspection::open(golden(name)).provenance();
    return from.first_pytorch + '-' + from.last_pytorch;
  };
  EXPECT_EQ(made("torch1.0_encoder_full"), "1.0-1.0");
  EXPECT_EQ(made("torch1.2_encoder_full"), "1.2-1.2");
  EXPECT_EQ(made("torch1.3_encoder_full"), "1.3-1.4");
  EXPECT_EQ(made("torch1.5_encoder_full"), "1.5-1.5");
  EXPECT_EQ(made("torch1.10_encoder_full"), "1.6-1.11");
  EXPECT_EQ(made("torch2.13_encoder_full"), "2.1-");
}

/// Those entries are as PyTorch wrote them.
TEST(Inspection, DebugEntriesTellTheMaker) {
  for (const std::string version : {"1.2", "1.3", "1.5", "1.10", "2.13"}) {
    SCOPED_TRACE(version);
    const Provenance from =
        Inspection::open(golden("torch" + version + "_encoder_ids")).provenance();
    EXPECT_FALSE(from.sources.empty());
    const bool script = std::any_of(
        from.sources.begin(), from.sources.end(),
        [](const SourceFile& source) { return source.path.ends_with("make_golden.py"); });
    EXPECT_TRUE(script);
    EXPECT_TRUE(from.python.starts_with("3.")) << from.python;
    EXPECT_FALSE(from.warning.empty());
  }
  EXPECT_TRUE(Inspection::open(golden("torch2.13_int8")).provenance().warning.empty());
}

TEST(Inspection, SizesAddUpToTheFile) {
  const Inspection archive = Inspection::open(golden("torch2.13_encoder_full"));
  EXPECT_EQ(archive.file_bytes(), std::filesystem::file_size(golden("torch2.13_encoder_full")));
  std::uint64_t bytes = 0;
  std::size_t entries = 0;
  for (const SizePart& part : archive.sizes()) {
    bytes += part.bytes;
    entries += part.entries;
  }
  EXPECT_LE(bytes, archive.file_bytes());
  EXPECT_EQ(entries, archive.info().entries.size());
}

TEST(Inspection, OutputsAreTold) {
  const auto texts = [](const std::string& name) {
    std::string all;
    const Inspection archive = Inspection::open(golden(name));
    for (const OutputFigures& output : archive.outputs()) all += output.text + '|';
    return all;
  };
  EXPECT_EQ(texts("torch2.13_encoder_full"), "last hidden states|pooled state|");
  EXPECT_EQ(texts("torch1.0_encoder_full"), "last hidden states|pooled state|");
  EXPECT_EQ(texts("torch2.13_dict_output"), "last hidden states|pooled state|");
  EXPECT_EQ(texts("torch2.13_masked_lm"), "logits over the vocabulary|");
  EXPECT_EQ(texts("torch2.13_dict_input"), "sentence embedding|");
}

TEST(Inspection, AnArchiveThatDoesNotRunStillShowsItsTensors) {
  const std::filesystem::path broken = std::filesystem::path(HENSON_TEST_SOURCES) / "broken";
  std::size_t count = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(broken / "archives")) {
    if (file.path().extension() != ".pt") continue;
    SCOPED_TRACE(file.path().filename());
    try {
      const Inspection archive = Inspection::open(file.path());
      if (archive.model() != nullptr) continue;
      ++count;
      ASSERT_NE(archive.why_not(), nullptr);
      // The one tensor that the module of these two should have is not there.
      const std::string name = file.path().stem().string();
      EXPECT_EQ(archive.tensors().empty(),
                name == "module_without_its_weight" || name == "module_of_an_integer_for_a_weight");
      EXPECT_TRUE(archive.summary().text.starts_with("An archive that Henson cannot run"));
      EXPECT_TRUE(archive.tasks().empty());
    } catch (const Error&) {
    }
  }
  EXPECT_GT(count, 0);
}

TEST(Inspection, AMethodThatIsNotThereIsTheCallersFault) {
  InspectOptions options;
  options.open.method = "no_such";
  EXPECT_THROW(Inspection::open(golden("torch2.13_encoder_full"), options), Error);
}

// --- The museum ----------------------------------------------------------------------------------

bool has(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

Configuration museum_configuration(const std::string& name) {
  Configuration wanted;
  if (has(name, "AlbertModel")) {
    wanted.family = ModelFamily::kAlbert;
    wanted.embedding = 32;
    wanted.weight_sets = 1;
    wanted.activation = "gelu_tanh";
  } else if (has(name, "ElectraModel")) {
    wanted.family = ModelFamily::kElectra;
    wanted.embedding = 32;
  } else if (has(name, "DistilBert")) {
    wanted.family = ModelFamily::kDistilBert;
    wanted.types = 0;
  } else if (has(name, "RobertaModel")) {
    wanted.family = ModelFamily::kRoberta;
    wanted.first_position = 2;
  } else if (has(name, "act_gelu_new")) {
    wanted.activation = "gelu_tanh";
  } else if (has(name, "act_relu")) {
    wanted.activation = "relu";
  } else if (has(name, "eps_noise")) {
    wanted.eps = 1e-5;
  } else if (has(name, "inputs_embeds")) {
    wanted.vocabulary.reset();
    wanted.first_position.reset();
  }
  return wanted;
}

std::optional<ModelKind> museum_kind(const std::string& name) {
  static const std::pair<std::string_view, ModelKind> kKinds[] = {
      {"MaskedLM", ModelKind::kMaskedLanguage},
      {"MultipleChoice", ModelKind::kMultipleChoice},
      {"NextSentence", ModelKind::kNextSentence},
      {"PreTraining", ModelKind::kPretraining},
      {"QuestionAnswering", ModelKind::kQuestionAnswering},
      {"SequenceClassification", ModelKind::kSequenceClassification},
      {"TokenClassification", ModelKind::kTokenClassification},
      {"v_decoder", ModelKind::kMaskedLanguage},
      {"v_kwargs", ModelKind::kSequenceClassification},
      {"sentence_embedding", ModelKind::kSentenceEmbedding},
      {"splade", ModelKind::kSparseEmbedding},
      {"bi_encoder", ModelKind::kSentenceEmbedding},
      {"two_methods", ModelKind::kSequenceClassification}};
  for (const auto& [part, kind] : kKinds) {
    if (has(name, part)) return kind;
  }
  if (name.starts_with("wild_")) return std::nullopt;
  return ModelKind::kEncoder;
}

std::string_view museum_tie(const std::string& name) {
  if (has(name, "decoder_diverged")) return "diverged";
  if (has(name, "decoder_tied")) return "tied";
  if (has(name, "decoder_untied_equal")) return "equal";
  return "";
}

/// "torch1.2_locked4x16_…" holds both sizes.
void expect_locks(const Inspection& archive, const std::string& name) {
  if (!has(name, "locked")) return;
  const std::size_t start = name.find("locked") + 6;
  const std::size_t cross = name.find('x', start);
  const std::int64_t batch = std::stoll(name.substr(start));
  const std::int64_t length = std::stoll(name.substr(cross + 1));
  std::map<std::string, std::optional<std::int64_t>> sizes;
  for (const LockGroup& lock : archive.locks()) sizes[lock.dimension] = lock.value;
  EXPECT_EQ(sizes["the sequence length"], length);
  if (batch != 1) {
    EXPECT_EQ(sizes["the batch"], batch);
  }
}

TEST(Inspection, FiguresOfTheMuseum) {
  const char* const museum = std::getenv("HENSON_MUSEUM");
  if (museum == nullptr) GTEST_SKIP() << "HENSON_MUSEUM is not set";
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(museum)) {
    if (file.path().extension() != ".pt") continue;
    const std::string name = file.path().stem().string();
    SCOPED_TRACE(name);
    ++count;
    const Inspection archive = Inspection::open(file.path());
    ASSERT_NE(archive.model(), nullptr) << archive.why_not()->what();
    expect_figures(archive.summary(), museum_configuration(name));
    if (const auto kind = museum_kind(name)) {
      EXPECT_EQ(name_of(archive.summary().kind), name_of(*kind));
    }
    const std::string_view tie = museum_tie(name);
    if (!tie.empty()) {
      ASSERT_EQ(archive.decoders().size(), 1);
      EXPECT_EQ(name_of(archive.decoders()[0].state), tie);
      EXPECT_EQ(archive.decoders()[0].moved.empty(), tie != "diverged");
    }
    expect_locks(archive, name);
  }
  EXPECT_GE(count, 100);
}

TEST(Inspection, WhatIsSpecialAboutArchivesOfTheMuseum) {
  const char* const museum = std::getenv("HENSON_MUSEUM");
  if (museum == nullptr) GTEST_SKIP() << "HENSON_MUSEUM is not set";
  const auto open = [&](const std::string& name) {
    return Inspection::open(std::filesystem::path(museum) / (name + ".pt"));
  };
  EXPECT_EQ(open("wild_autocast_bf16").precision().text,
            "fp32 weights, products in bf16 (autocast)");
  EXPECT_EQ(open("wild_int8_per_channel").precision().text, "int8 (dynamic, a scale a channel)");
  const Inspection lora = open("wild_lora");
  ASSERT_TRUE(lora.precision().lora);
  EXPECT_EQ(lora.precision().lora->rank, 4);
  EXPECT_EQ(lora.precision().lora->layers, 4);
  EXPECT_EQ(lora.precision().lora->scale, 2);
  const auto roles = roles_of(lora);
  EXPECT_EQ(roles.count("query LoRA A of layer 1"), 1);
  EXPECT_EQ(roles.count("value LoRA B of layer 0"), 1);
  EXPECT_EQ(roles.count("query of layer 1"), 1);
  const auto devices = open("wild_cuda").provenance().devices;
  EXPECT_NE(std::find(devices.begin(), devices.end(), "cuda:0"), devices.end());
  EXPECT_EQ(open("wild_two_methods").info().methods.size(), 2);
  EXPECT_EQ(roles_of(open("t457_AlbertModel_full")).count("query of layers 0-1"), 1);
  auto usual = usual_roles(2);
  usual.insert({"pooler", "pooler bias"});
  EXPECT_EQ(roles_of(open("t457_v_frozen")), usual);
  EXPECT_EQ(roles_of(open("t457_v_dynamic_int8")), usual);
}

}  // namespace
}  // namespace henson
