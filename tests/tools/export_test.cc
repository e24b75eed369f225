// Weights as safetensors, and the config.json beside them.
#include "henson/export.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "henson/statistics.h"
#include "henson/weights.h"
#include "tests/loader/archive_maker.h"
#include "tests/tools/json_schema.h"
#include "tests/tools/program.h"

namespace henson::tools {
namespace {

using Json = nlohmann::json;

const std::filesystem::path kGolden = HENSON_TEST_DATA;

std::filesystem::path golden(const std::string& name) { return kGolden / (name + ".pt"); }

std::string safetensors_of(const Inspection& archive, const Export& plan) {
  std::string file;
  write_safetensors(archive, plan, [&](std::span<const std::byte> bytes) {
    file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return file;
}

Json header_of(const std::string& file) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  return Json::parse(file.substr(8, length));
}

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && a.bytes().size() == b.bytes().size() &&
         std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin());
}

TEST(Export, EveryTensorComesBackAsItIs) {
  const test::TempFile file(".safetensors");
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    if (entry.path().extension() != ".pt") continue;
    const Inspection archive = Inspection::open(entry.path());
    const Export plan = plan_export(archive, {.dequantize = true, .own_names = true});
    file.write(safetensors_of(archive, plan));
    const auto tensors = read_weights(file.path());
    ASSERT_EQ(tensors.size(), plan.tensors.size()) << entry.path();
    for (const ExportedTensor& tensor : plan.tensors) {
      const WeightInfo& weight = archive.tensors()[tensor.tensor].weight;
      EXPECT_EQ(tensor.name, weight.name);
      EXPECT_TRUE(same(tensors.at(tensor.name), real_values_of(weight))) << weight.name;
    }
  }
}

TEST(Export, TensorsLieAligned) {
  const Inspection archive = Inspection::open(golden("torch2.13_half"));
  const std::string file = safetensors_of(archive, plan_export(archive, {.own_names = true}));
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  EXPECT_EQ(length % 8, 0U);
  std::uint64_t end = 0;
  const Json header = header_of(file);
  for (const auto& [name, tensor] : header.items()) {
    if (name == "__metadata__") continue;
    const std::uint64_t width = tensor.at("dtype") == "I64"   ? 8
                                : tensor.at("dtype") == "F32" ? 4
                                                              : 2;
    EXPECT_EQ(tensor.at("data_offsets").at(0).get<std::uint64_t>() % width, 0U) << name;
    end = std::max(end, tensor.at("data_offsets").at(1).get<std::uint64_t>());
  }
  EXPECT_EQ(file.size(), 8 + length + end);
}

TEST(Export, TiedTensorsAreWrittenOnce) {
  const Inspection archive = Inspection::open(golden("torch2.13_masked_lm"));
  const Export plan = plan_export(archive, {.own_names = true});
  ASSERT_EQ(plan.aliases.size(), 1U);
  const Json header = header_of(safetensors_of(archive, plan));
  EXPECT_FALSE(header.contains(plan.aliases[0].first));
  EXPECT_EQ(header.at("__metadata__").at(plan.aliases[0].first), plan.aliases[0].second);
  EXPECT_TRUE(header.contains(plan.aliases[0].second));
}

TEST(Export, NamesAndConfigOfTransformers) {
  const Inspection archive = Inspection::open(golden("torch2.13_masked_lm"));
  const Export plan = plan_export(archive);
  ASSERT_TRUE(plan.transformers_names) << plan.why_own_names;
  const auto has = [&](const std::string& name) {
    return std::any_of(plan.tensors.begin(), plan.tensors.end(),
                       [&](const ExportedTensor& tensor) { return tensor.name == name; });
  };
  EXPECT_TRUE(has("bert.embeddings.word_embeddings.weight"));
  EXPECT_TRUE(has("bert.encoder.layer.0.attention.self.query.bias"));
  EXPECT_FALSE(has("cls.predictions.decoder.weight"));
  ASSERT_EQ(plan.aliases.size(), 1U);
  EXPECT_EQ(plan.aliases[0].first, "cls.predictions.decoder.weight");
  const Json config = Json::parse(plan.config);
  EXPECT_EQ(config.at("architectures").at(0), "BertForMaskedLM");
  EXPECT_EQ(config.at("vocab_size"), 99);
  EXPECT_EQ(config.at("hidden_size"), 32);
  EXPECT_EQ(config.at("num_hidden_layers"), 1);
  EXPECT_EQ(config.at("num_attention_heads"), 4);
  EXPECT_EQ(config.at("intermediate_size"), 48);
  EXPECT_EQ(config.at("max_position_embeddings"), 24);
  EXPECT_EQ(config.at("tie_word_embeddings"), true);
}

TEST(Export, AFrozenArchiveGetsTheNamesOfItsRoles) {
  const Inspection archive = Inspection::open(golden("torch2.13_frozen"));
  const Export plan = plan_export(archive);
  ASSERT_TRUE(plan.transformers_names) << plan.why_own_names;
  for (const ExportedTensor& tensor : plan.tensors) {
    EXPECT_FALSE(tensor.name.starts_with("CONSTANTS.")) << tensor.name;
  }
}

TEST(Export, QuantizedTensorsAreRefusedUnlessAskedFor) {
  const Inspection archive = Inspection::open(golden("torch2.13_int8"));
  EXPECT_NE(test::error_of([&] { plan_export(archive); }).find("is quantized (qint8)"),
            std::string::npos);
  const Export plan = plan_export(archive, {.dequantize = true});
  for (const ExportedTensor& tensor : plan.tensors) EXPECT_FALSE(is_quantized(tensor.dtype));
}

TEST(Export, WhatDoesNotRunHasItsOwnNames) {
  test::Entries entries = test::small_archive();
  std::string& code = test::entry_named(entries, "m/code/__torch__.py").bytes;
  code.replace(code.find("torch.mul"), 9, "torch.frobnicate");
  const test::TempFile file;
  test::write_zip(file.path(), entries);
  const Inspection archive = Inspection::open(file.path());
  const Export plan = plan_export(archive);
  EXPECT_FALSE(plan.transformers_names);
  EXPECT_EQ(plan.why_own_names, "the archive does not run");
  EXPECT_EQ(plan.tensors.at(0).name, "weight");
  EXPECT_TRUE(plan.config.empty());
}

TEST(ExportCommand, FilesAndWhatIsWrong) {
  const TestFolder folder;
  const std::string archive = "export '" + golden("torch2.13_encoder_full").string() + "' ";
  const std::string out = "'" + (folder / "model.safetensors").string() + "'";
  const std::string config = "'" + (folder / "config.json").string() + "'";
  const Result both = henson(folder, archive + "--safetensors " + out + " --config " + config);
  EXPECT_EQ(both.code, 0) << both.err;
  EXPECT_NE(both.out.find("named as transformers does"), std::string::npos) << both.out;
  EXPECT_FALSE(read_weights(folder / "model.safetensors").empty());
  EXPECT_EQ(Json::parse(read_file(folder / "config.json")).at("model_type"), "bert");
  const Result piped = henson(folder, archive + "--safetensors -");
  EXPECT_EQ(piped.out, read_file(folder / "model.safetensors"));
  expect_failure(archive, 2, "what to write");
  expect_failure(archive + "--safetensors /dev/full", 3, "cannot be written");
  expect_failure("export '" + golden("torch2.13_int8").string() + "' --safetensors " + out, 3,
                 "is quantized");
}

TEST(ExportCommand, Json) {
  const TestFolder folder;
  const Result result =
      henson(folder, "export --json '" + golden("torch2.13_masked_lm").string() + "'");
  const Json json = Json::parse(result.out);
  EXPECT_EQ(schema_faults("export", json), "");
  EXPECT_EQ(json.at("transformers_names"), true);
  EXPECT_EQ(json.at("config").at("model_type"), "bert");
  EXPECT_EQ(json.at("aliases").size(), 1U);
}

}  // namespace
}  // namespace henson::tools
