// The kernels by themselves, on one thread: products of each backend, attention, and what runs over
// rows. Weights and rows stay in cache from one iteration to the next, as far as they fit.
// HENSON_ISA chooses the instruction set.
//
// Shares of the peak are of the multiply-adds that the machine does at most. What runs over rows is
// told as a share of a plain copy that moves as many bytes, both measured in this run.
#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "bench/report.h"
#include "kernels/activation.h"
#include "kernels/aligned.h"
#include "kernels/attention.h"
#include "kernels/embedding.h"
#include "kernels/layer_norm.h"
#include "kernels/product.h"

namespace henson::bench {
namespace {

using kernels::AlignedArray;

// BERT-base.
constexpr std::size_t kHidden = 768;
constexpr std::size_t kHeads = 12;
constexpr std::size_t kHeadWidth = 64;
constexpr std::size_t kInner = 3072;
constexpr std::size_t kVocabulary = 30522;

AlignedArray<float> random_floats(std::size_t size) {
  AlignedArray<float> numbers(size);
  std::mt19937 random(2018);
  std::uniform_real_distribution<float> draw(-1, 1);
  for (std::size_t i = 0; i < size; ++i) numbers.data()[i] = draw(random);
  return numbers;
}

void add(const std::string& name, void (*function)(benchmark::State&, std::size_t),
         std::size_t size) {
  benchmark::RegisterBenchmark((name + '/' + std::to_string(size)).c_str(),
                               [=](benchmark::State& state) { function(state, size); });
}

/// Bytes a second of a plain copy that reads and writes so many bytes in all.
double copy_speed(std::size_t bytes) {
  const std::size_t half = bytes / 2;
  const AlignedArray<float> from = random_floats(half / sizeof(float));
  AlignedArray<float> to(half / sizeof(float));
  double best = 0;
  const std::size_t rounds = 1 + (std::size_t{1} << 24) / half;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t round = 0; round < rounds; ++round) {
      std::memcpy(to.data(), from.data(), half);
      benchmark::ClobberMemory();
    }
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(2 * half * rounds) / passed.count());
  }
  return best;
}

/// Counters GB/s and share_of_copy, for an iteration that reads and writes so many floats.
void report_floats(benchmark::State& state, std::size_t floats, double seconds) {
  const std::size_t bytes = floats * sizeof(float);
  const double speed = static_cast<double>(bytes) / seconds;
  state.counters["GB/s"] = 1e-9 * speed;
  state.counters["share_of_copy"] = speed / copy_speed(bytes);
}

void multiply(benchmark::State& state, kernels::GemmBackend backend, std::size_t in,
              std::size_t out, std::size_t rows) {
  const AlignedArray<float> matrix = random_floats(out * in);
  const AlignedArray<float> bias = random_floats(out);
  const AlignedArray<float> x = random_floats(rows * in);
  AlignedArray<float> y(rows * out);
  const auto weights = kernels::make_weights(out, in, backend);
  const kernels::WeightView view{matrix.data(), out, in, static_cast<std::ptrdiff_t>(in), 1};
  weights->fill({&view, 1}, 0, weights->blocks());
  kernels::Product product;
  product.x = x.data();
  product.x_stride = product.last_in = in;
  product.rows = rows;
  product.y = y.data();
  product.y_stride = product.last_column = out;
  product.bias = bias.data();
  const double seconds = time_iterations(state, [&] {
    weights->multiply(product);
    benchmark::ClobberMemory();
  });
  report_operations(state, 2.0 * static_cast<double>(rows * in * out), seconds, 1);
}

void add_products() {
  constexpr std::size_t kShapes[][2] = {
      {kHidden, kHidden}, {kHidden, kInner}, {kInner, kHidden}, {kHidden, 3 * kHidden}};
  for (const auto backend : {kernels::GemmBackend::kOwn, kernels::GemmBackend::kOneDnn}) {
    if (!is_built(backend)) continue;
    for (const auto& [in, out] : kShapes) {
      for (const std::size_t rows : {1, 14, 128, 1024}) {
        const std::string name = "product/" + std::string(name_of(backend)) + '/' +
                                 std::to_string(in) + 'x' + std::to_string(out) + '/' +
                                 std::to_string(rows);
        benchmark::RegisterBenchmark(name.c_str(), [=, in = in, out = out](auto& state) {
          multiply(state, backend, in, out, rows);
        });
      }
    }
  }
}

/// All heads of one sequence, q, k and v beside each other as their common product leaves them.
void attend_all(benchmark::State& state, std::size_t length) {
  const AlignedArray<float> projections = random_floats(length * 3 * kHidden);
  const std::vector<float> bias(length, 0.0F);
  AlignedArray<float> y(length * kHidden);
  kernels::Attention call;
  call.q_stride = call.k_stride = call.v_stride = 3 * kHidden;
  call.queries = call.keys = length;
  call.width = call.value_width = kHeadWidth;
  call.scale = 0.125F;
  call.bias = bias.data();
  call.bias_key_stride = 1;
  call.y_stride = kHidden;
  AlignedArray<float> scratch(kernels::attention_scratch(call));
  const double seconds = time_iterations(state, [&] {
    for (std::size_t head = 0; head < kHeads; ++head) {
      call.q = projections.data() + head * kHeadWidth;
      call.k = call.q + kHidden;
      call.v = call.k + kHidden;
      call.y = y.data() + head * kHeadWidth;
      kernels::attend(call, 0, length, scratch.data());
    }
    benchmark::ClobberMemory();
  });
  const auto multiply_adds = static_cast<double>(2 * length * length * kHeadWidth * kHeads);
  report_operations(state, 2 * multiply_adds, seconds, 1);
}

void normalize(benchmark::State& state, std::size_t rows) {
  const AlignedArray<float> x = random_floats(rows * kHidden);
  const AlignedArray<float> residual = random_floats(rows * kHidden);
  const AlignedArray<float> weight = random_floats(kHidden);
  AlignedArray<float> y(rows * kHidden);
  kernels::LayerNorm call;
  call.x = x.data();
  call.residual = residual.data();
  call.y = y.data();
  call.x_stride = call.residual_stride = call.y_stride = call.columns = kHidden;
  call.rows = rows;
  call.weight = call.bias = weight.data();
  call.epsilon = 1e-12F;
  const double seconds = time_iterations(state, [&] {
    kernels::layer_norm(call);
    benchmark::ClobberMemory();
  });
  report_floats(state, 3 * rows * kHidden, seconds);
}

/// Each row is copied and the copy changed in place: in place again and again, numbers would shrink
/// until they are subnormal and slow.
void activate_rows(benchmark::State& state, kernels::Activation activation, std::size_t rows) {
  const AlignedArray<float> x = random_floats(rows * kInner);
  AlignedArray<float> y(rows * kInner);
  const double seconds = time_iterations(state, [&] {
    for (std::size_t row = 0; row < rows; ++row) {
      std::memcpy(y.data() + row * kInner, x.data() + row * kInner, kInner * sizeof(float));
      kernels::activate(activation, y.data() + row * kInner, 1, kInner, kInner);
    }
    benchmark::ClobberMemory();
  });
  report_floats(state, 2 * rows * kInner, seconds);
}

void add_activations() {
  using enum kernels::Activation;
  for (const auto activation : {kRelu, kGelu, kGeluTanh, kTanh, kSigmoid, kSilu, kGeluQuick}) {
    const std::string name = "activation/" + std::string(name_of(activation)) + "/128";
    benchmark::RegisterBenchmark(name.c_str(),
                                 [=](auto& state) { activate_rows(state, activation, 128); });
  }
}

/// Words, positions and kinds of segments, for tokens drawn over the whole vocabulary.
void embed(benchmark::State& state, std::size_t tokens) {
  static const AlignedArray<float> words = random_floats(kVocabulary * kHidden);
  const AlignedArray<float> others = random_floats((tokens + 1) * kHidden);
  AlignedArray<float> y(tokens * kHidden);
  std::mt19937 random(2018);
  std::vector<kernels::TableRow> rows;
  for (std::size_t token = 0; token < tokens; ++token) {
    rows.push_back({words.data() + random() % kVocabulary * kHidden, std::nullopt});
    rows.push_back({others.data() + (token + 1) * kHidden, std::nullopt});
    rows.push_back({others.data(), std::nullopt});
  }
  const double seconds = time_iterations(state, [&] {
    for (std::size_t token = 0; token < tokens; ++token) {
      kernels::sum_rows(rows.data() + 3 * token, 3, y.data() + token * kHidden, kHidden);
    }
    benchmark::ClobberMemory();
  });
  report_floats(state, 4 * tokens * kHidden, seconds);
}

void add_benchmarks() {
  add_products();
  for (const std::size_t length : {14, 128, 512}) add("attention", &attend_all, length);
  for (const std::size_t rows : {14, 128, 1024}) add("layer_norm", &normalize, rows);
  add_activations();
  for (const std::size_t tokens : {14, 128, 1024}) add("embeddings", &embed, tokens);
}

}  // namespace
}  // namespace henson::bench

int main(int argc, char** argv) {
  return henson::bench::run_benchmarks(argc, argv, &henson::bench::add_benchmarks);
}
