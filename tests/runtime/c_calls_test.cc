// The C functions, called in random orders with whatever a program might hand them: each call gives
// a status and leaves its result alone where it fails, and nothing else happens.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/henson_c.h"

namespace {

const std::string kGolden = HENSON_TEST_DATA;
const std::string kTests = HENSON_TEST_SOURCES;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Handles of one type: those that are alive, and NULL among them.
template <typename Handle>
class Handles {
 public:
  Handles(std::mt19937_64& random, void (*free)(Handle*)) : random_(random), free_(free) {}
  ~Handles() {
    for (Handle* const handle : alive_) free_(handle);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  Handle* any() {
    const std::size_t at = random_() % (alive_.size() + 1);
    return at < alive_.size() ? alive_[at] : nullptr;
  }
  void take(henson_status status, Handle* handle) {
    EXPECT_EQ(status == HENSON_OK, handle != nullptr);
    if (handle != nullptr) alive_.push_back(handle);
    if (alive_.size() > kMost) free_one();
  }
  void free_one() {
    if (alive_.empty()) return free_(nullptr);
    std::swap(alive_[random_() % alive_.size()], alive_.back());
    free_(alive_.back());
    alive_.pop_back();
  }
  std::size_t size() const { return alive_.size(); }

 private:
  static constexpr std::size_t kMost = 6;
  std::mt19937_64& random_;
  void (*free_)(Handle*);
  std::vector<Handle*> alive_;
};

/// Inputs, most of them such as models take.
struct Inputs {
  std::vector<std::vector<std::int64_t>> numbers;
  std::vector<std::array<std::int64_t, 3>> shapes;
  std::vector<henson_tensor> tensors;
};

class Caller {
 public:
  explicit Caller(std::uint64_t seed) : random_(seed) {}

  void call() {
    static const std::vector<void (Caller::*)()> kCalls = {&Caller::open_model,
                                                           &Caller::open_memory,
                                                           &Caller::open_descriptor,
                                                           &Caller::open_session,
                                                           &Caller::run,
                                                           &Caller::run,
                                                           &Caller::run_named,
                                                           &Caller::run_ragged,
                                                           &Caller::look_at_output,
                                                           &Caller::look_at_model,
                                                           &Caller::make_pool,
                                                           &Caller::make_stop,
                                                           &Caller::use_stop,
                                                           &Caller::open_tokenizer,
                                                           &Caller::encode,
                                                           &Caller::decode,
                                                           &Caller::open_text_model,
                                                           &Caller::ask,
                                                           &Caller::ask,
                                                           &Caller::embed,
                                                           &Caller::look_at_findings,
                                                           &Caller::free_some};
    (this->*kCalls[below(kCalls.size())])();
  }

  std::size_t succeeded = 0;
  std::size_t failed = 0;

 private:
  std::size_t below(std::size_t end) { return random_() % end; }
  bool rarely() { return below(8) == 0; }
  /// A small number, most often one that is meant.
  std::int32_t number(int last) {
    return rarely() ? static_cast<std::int32_t>(random_()) : static_cast<int>(below(last + 1U));
  }

  henson_status seen(henson_status status) {
    ++(status == HENSON_OK ? succeeded : failed);
    EXPECT_NE(status, HENSON_INTERNAL) << henson_error_text(henson_last_error());
    if (status != HENSON_OK) {
      EXPECT_EQ(henson_error_status(henson_last_error()), status);
      EXPECT_NE(std::string_view(henson_error_text(henson_last_error())), "");
    }
    return status;
  }

  template <typename Handle, typename... Arguments, typename... Given>
  void make(Handles<Handle>& handles, henson_status (*function)(Arguments...), Given... given) {
    Handle* made = nullptr;
    if (rarely()) {  // no place for the result
      EXPECT_NE(seen(function(given..., nullptr)), HENSON_OK);
      return;
    }
    const henson_status status = seen(function(given..., &made));
    handles.take(status, made);
  }

  const char* path() {
    static const std::vector<std::string> kPaths = {
        kGolden + "/torch2.13_encoder_ids.pt", kGolden + "/torch2.13_encoder_full.pt",
        kGolden + "/torch2.13_dict_output.pt", kGolden + "/torch2.13_nested_output.pt",
        kTests + "/tasks/masked_lm.pt",        kTests + "/tasks/classifier.pt",
        kTests + "/tasks/tagger.pt",           kTests + "/tasks/answerer.pt",
        kTests + "/tasks/vocab.txt",           kTests + "/nothing"};
    return rarely() ? nullptr : kPaths[below(kPaths.size())].c_str();
  }
  const char* vocabulary() {
    static const std::string kVocabulary = kTests + "/tasks/vocab.txt";
    return rarely() ? path() : kVocabulary.c_str();
  }

  henson_text text() {
    static constexpr std::array<std::string_view, 6> kTexts = {
        "",
        "jim henson was a [MASK].",
        "who was jim henson?",
        "\xff\xfe not utf-8",
        std::string_view("with a \0 in it", 14),
        "jim [MASK] henson [MASK]"};
    const std::string_view chosen = kTexts[below(kTexts.size())];
    if (rarely()) return {nullptr, below(2)};
    return {chosen.data(), chosen.size()};
  }

  henson_open_options open_options() {
    henson_open_options options{};
    options.size = rarely() ? below(2 * sizeof options) : sizeof options;
    options.size = std::min(options.size, sizeof options);
    options.map = number(1);
    options.method = rarely() ? "nothing" : nullptr;
    return options;
  }

  henson_session_options session_options() {
    henson_session_options options{};
    options.size = sizeof options;
    options.executor = number(1);
    options.precision = number(2);
    options.threads = number(2);
    options.memory_limit = rarely() ? below(100000) : 0;
    options.pool = below(2) == 0 ? pools_.any() : nullptr;
    options.stop = rarely() ? stops_.any() : nullptr;
    return options;
  }

  Inputs inputs(std::size_t count) {
    Inputs made;
    const auto length = static_cast<std::int64_t>(below(12));
    for (std::size_t i = 0; i < count; ++i) {
      made.shapes.push_back({rarely() ? static_cast<std::int64_t>(random_()) : 1, length, 1});
      made.numbers.emplace_back(static_cast<std::size_t>(length),
                                rarely() ? static_cast<std::int64_t>(random_()) : 1);
      henson_tensor tensor{};
      tensor.data = made.numbers.back().data();
      tensor.bytes = rarely() ? below(8) : made.numbers.back().size() * sizeof(std::int64_t);
      tensor.rank = rarely() ? below(4) : 2;
      tensor.dtype = rarely() ? number(20) : HENSON_INT64;
      // No more bytes are named than there are.
      tensor.bytes = std::min(tensor.bytes, made.numbers.back().size() * sizeof(std::int64_t));
      made.tensors.push_back(tensor);
    }
    for (std::size_t i = 0; i < count; ++i) {
      made.tensors[i].shape = rarely() ? nullptr : made.shapes[i].data();
    }
    return made;
  }

  void open_model() {
    const henson_open_options options = open_options();
    make(models_, &henson_model_open, path(), below(2) == 0 ? &options : nullptr);
  }

  void open_memory() {
    static const std::string kBytes = read_file(kGolden + "/torch2.13_encoder_ids.pt");
    const henson_open_options options = open_options();
    const std::size_t size = rarely() ? below(kBytes.size()) : kBytes.size();
    if (below(2) == 0) {
      make(models_, &henson_model_open_copy, static_cast<const void*>(kBytes.data()), size,
           &options);
      return;
    }
    const auto release = [](void* context) { ++*static_cast<std::size_t*>(context); };
    make(models_, &henson_model_open_borrowed, static_cast<const void*>(kBytes.data()), size,
         rarely() ? nullptr : static_cast<void (*)(void*)>(release), static_cast<void*>(&released_),
         &options);
  }

  void open_descriptor() {
    const char* const name = path();
    const int descriptor = name != nullptr ? ::open(name, O_RDONLY) : -1;
    make(models_, &henson_model_open_descriptor, descriptor,
         static_cast<const henson_open_options*>(nullptr));
    if (descriptor >= 0) ::close(descriptor);
  }

  void open_session() {
    const henson_session_options options = session_options();
    make(sessions_, &henson_session_new, static_cast<const henson_model*>(models_.any()),
         below(2) == 0 ? &options : nullptr);
  }

  void run() {
    const Inputs given = inputs(below(4));
    make(outputs_, &henson_session_run, sessions_.any(),
         static_cast<const henson_tensor*>(given.tensors.data()), given.tensors.size());
  }

  void run_named() {
    const Inputs given = inputs(below(4));
    std::array<const char*, 4> names{"0", "1", "2", "input_ids"};
    if (rarely()) names[below(names.size())] = nullptr;
    make(outputs_, &henson_session_run_named, sessions_.any(),
         static_cast<const char* const*>(names.data()),
         static_cast<const henson_tensor*>(given.tensors.data()), given.tensors.size());
  }

  void run_ragged() {
    const std::size_t sequences = below(4);
    const std::size_t each = below(3);
    const Inputs given = inputs(sequences * each);
    std::array<henson_output*, 4> made{};
    const henson_status status =
        seen(henson_session_run_ragged(sessions_.any(), nullptr, given.tensors.data(), each,
                                       sequences, rarely() ? nullptr : made.data()));
    for (henson_output* const output : made) {
      if (output != nullptr) outputs_.take(status, output);
    }
  }

  void look_at(const henson_output* output, int depth) {
    EXPECT_LT(depth, 20);
    const std::size_t size = henson_output_size(output);
    EXPECT_EQ(henson_output_item(output, size), nullptr);
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_EQ(henson_output_key(output, i) != nullptr, henson_output_kind(output) == HENSON_DICT);
      look_at(henson_output_item(output, i), depth + 1);
    }
    henson_tensor tensor{};
    EXPECT_EQ(henson_output_tensor(output, &tensor) == HENSON_OK,
              henson_output_kind(output) == HENSON_TENSOR);
    henson_output_integer(output);
    henson_output_number(output);
    henson_output_string(output, nullptr);
  }

  void look_at_output() {
    const henson_output* const output = outputs_.any();
    look_at(output, 0);
    const std::size_t count = henson_output_tensor_count(output);
    henson_tensor tensor{};
    EXPECT_NE(seen(henson_output_tensor_at(output, count, &tensor)), HENSON_OK);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(seen(henson_output_tensor_at(output, i, &tensor)), HENSON_OK);
      const auto* const bytes = static_cast<const unsigned char*>(tensor.data);
      if (tensor.bytes > 0) sum_ += bytes[0] + bytes[tensor.bytes - 1];
    }
  }

  void look_at_model() {
    const henson_model* const model = models_.any();
    const std::size_t count = henson_model_input_count(model);
    henson_input_info info{};
    EXPECT_NE(seen(henson_model_input(model, count + below(2), &info)), HENSON_OK);
    if (count > 0) {
      EXPECT_EQ(seen(henson_model_input(model, below(count), &info)), HENSON_OK);
    }
    const std::size_t weight = below(100);
    EXPECT_EQ(henson_model_weight_name(nullptr, weight), nullptr);
    make(outputs_, &henson_model_weight, model, weight);
    char* json = nullptr;
    if (seen(henson_model_json(model, rarely() ? nullptr : &json)) == HENSON_OK) {
      EXPECT_EQ(json[0], '{');
    }
    henson_free(json);
  }

  void make_pool() {
    henson_pool_options options{};
    options.size = sizeof options;
    options.threads = number(3);
    options.memory_limit = rarely() ? 100000 : 0;
    make(pools_, &henson_pool_new, rarely() ? nullptr : &std::as_const(options));
    henson_pool_threads(pools_.any());
  }

  void make_stop() { make(stops_, &henson_stop_new); }

  void use_stop() {
    henson_stop* const stop = stops_.any();
    if (below(2) == 0) henson_stop_request(stop);
    seen(henson_session_stop_with(sessions_.any(), rarely() ? stop : nullptr));
    henson_session_memory(sessions_.any());
  }

  void open_tokenizer() {
    henson_tokenizer_options options{};
    options.size = sizeof options;
    options.lower_case = number(1);
    make(tokenizers_, &henson_tokenizer_open, vocabulary(),
         rarely() ? nullptr : &std::as_const(options));
  }

  void encode() {
    henson_encode_options options{};
    options.size = sizeof options;
    options.windows = number(1);
    options.max_length = below(20);
    options.stride = below(5);
    options.truncation = number(2);
    options.truncation_side = number(2);
    const henson_text pair = text();
    make(encodings_, &henson_tokenizer_encode,
         static_cast<const henson_tokenizer*>(tokenizers_.any()), text(),
         below(2) == 0 ? &pair : nullptr, &std::as_const(options));
    const henson_encoding* const encoding = encodings_.any();
    henson_sequence sequence{};
    const std::size_t count = henson_encoding_count(encoding);
    EXPECT_NE(seen(henson_encoding_at(encoding, count, &sequence)), HENSON_OK);
    if (count > 0) {
      EXPECT_EQ(seen(henson_encoding_at(encoding, 0, &sequence)), HENSON_OK);
    }
    if (sequence.size > 0) sum_ += static_cast<std::uint64_t>(sequence.ids[sequence.size - 1]);
  }

  void decode() {
    const henson_tokenizer* const tokenizer = tokenizers_.any();
    const std::array<std::int64_t, 4> ids{static_cast<std::int64_t>(random_()), 1, -1, 7};
    char* decoded = nullptr;
    seen(
        henson_tokenizer_decode(tokenizer, rarely() ? nullptr : ids.data(), below(5), 1, &decoded));
    henson_free(decoded);
    std::size_t bytes = 0;
    henson_tokenizer_token(tokenizer, ids[below(4)], &bytes);
    henson_tokenizer_id(tokenizer, text());
    henson_tokenizer_mask(tokenizer);
    EXPECT_EQ(henson_tokenizer_size(nullptr), 0U);
  }

  void open_text_model() {
    const henson_session_options session = session_options();
    henson_text_options options{};
    options.size = sizeof options;
    options.session = rarely() ? &session : nullptr;
    options.vocabulary = vocabulary();
    options.max_length = rarely() ? below(20) : 0;
    if (below(2) == 0) {
      make(text_models_, &henson_text_model_open, path(), &std::as_const(options));
    } else {
      make(text_models_, &henson_text_model_new, static_cast<const henson_model*>(models_.any()),
           static_cast<const henson_tokenizer*>(tokenizers_.any()),
           static_cast<const henson_text_options*>(nullptr));
    }
  }

  void ask() {
    henson_text_model* const model = text_models_.any();
    const std::array<const char*, 2> labels{"a", rarely() ? nullptr : "b"};
    const std::size_t count = below(3);
    const henson_text pair = text();
    double probability = 0;
    switch (below(8)) {
      case 0:
        return make(findings_, &henson_fill_mask, model, text(), below(4));
      case 1:
        return make(findings_, &henson_classify, model, text(), rarely() ? &pair : nullptr,
                    static_cast<const char* const*>(labels.data()), count, number(3));
      case 2:
        return make(findings_, &henson_tag, model, text(),
                    static_cast<const char* const*>(labels.data()), count);
      case 3:
        return make(findings_, &henson_entities, model, text(), number(4),
                    static_cast<const char* const*>(nullptr), std::size_t{0});
      case 4:
        return make(findings_, &henson_answer, model, text(), text(),
                    static_cast<const henson_answer_options*>(nullptr));
      case 5:
        return make(findings_, &henson_sparse, model, text());
      case 6:
        seen(henson_next_sentence(model, text(), text(), rarely() ? nullptr : &probability));
        return;
      default:
        seen(henson_rerank(model, text(), &pair, 1, number(3), rarely() ? nullptr : &probability));
    }
  }

  void embed() {
    henson_embed_options options{};
    options.size = sizeof options;
    options.pooling = number(6);
    options.normalize = number(2);
    options.truncate_to = rarely() ? below(100) : 0;
    const std::array<henson_text, 3> texts{text(), text(), text()};
    henson_text_model* const model = text_models_.any();
    if (rarely()) {
      make(embeddings_, &henson_token_vectors, model, texts[0], &std::as_const(options));
    } else {
      make(embeddings_, &henson_embed, model, rarely() ? nullptr : texts.data(), below(4),
           &std::as_const(options));
    }
    const henson_embeddings* const rows = embeddings_.any();
    const std::size_t floats = henson_embeddings_count(rows) * henson_embeddings_dimensions(rows);
    if (floats > 0) sum_ += henson_embeddings_values(rows)[floats - 1] > 0 ? 1 : 0;
  }

  void look_at_findings() {
    const henson_findings* const findings = findings_.any();
    henson_finding finding{};
    const std::size_t count = henson_findings_count(findings);
    EXPECT_NE(seen(henson_findings_at(findings, count, &finding)), HENSON_OK);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(seen(henson_findings_at(findings, i, &finding)), HENSON_OK);
      sum_ += std::string_view(finding.label).size();
    }
  }

  void free_some() {
    switch (below(10)) {
      case 0:
        return models_.free_one();
      case 1:
        return sessions_.free_one();
      case 2:
        return outputs_.free_one();
      case 3:
        return pools_.free_one();
      case 4:
        return stops_.free_one();
      case 5:
        return tokenizers_.free_one();
      case 6:
        return encodings_.free_one();
      case 7:
        return text_models_.free_one();
      case 8:
        return embeddings_.free_one();
      default:
        return findings_.free_one();
    }
  }

  std::mt19937_64 random_;
  std::size_t released_ = 0;  // outlives the models
  std::uint64_t sum_ = 0;     // of what was read, so that it is
  Handles<henson_model> models_{random_, &henson_model_free};
  Handles<henson_session> sessions_{random_, &henson_session_free};
  Handles<henson_output> outputs_{random_, &henson_output_free};
  Handles<henson_pool> pools_{random_, &henson_pool_free};
  Handles<henson_stop> stops_{random_, &henson_stop_free};
  Handles<henson_tokenizer> tokenizers_{random_, &henson_tokenizer_free};
  Handles<henson_encoding> encodings_{random_, &henson_encoding_free};
  Handles<henson_text_model> text_models_{random_, &henson_text_model_free};
  Handles<henson_embeddings> embeddings_{random_, &henson_embeddings_free};
  Handles<henson_findings> findings_{random_, &henson_findings_free};
};

std::size_t wanted(const char* variable, std::size_t usual) {
  const char* const given = std::getenv(variable);
  return given != nullptr ? std::strtoull(given, nullptr, 10) : usual;
}

TEST(CCalls, InAnyOrderGiveAStatus) {
  const std::size_t seed = wanted("HENSON_RANDOM_SEED", 1);
  Caller caller(seed);
  for (std::size_t i = 0; i < wanted("HENSON_RANDOM_COUNT", 4000); ++i) {
    caller.call();
    ASSERT_FALSE(testing::Test::HasFailure()) << "call " << i << " of seed " << seed;
  }
  EXPECT_GT(caller.succeeded, caller.failed / 10);
}

}  // namespace
