// Henson as a contender of bench/compare: henson_worker fp32|bf16|int8. See worker.h.
#include <optional>
#include <string_view>

#include "bench/worker.h"
#include "henson/henson.h"

namespace henson::bench {
namespace {

/// Runs archives of (input_ids, attention_mask). Sequences of one length are a batch, others are
/// run without padding.
class HensonContender final : public Contender {
 public:
  explicit HensonContender(Precision precision) : precision_(precision) {}

  void load(const std::string& path, int threads) override {
    session_.emplace(Model::open(path),
                     SessionOptions{.threads = threads, .precision = precision_});
  }

  void prepare(const std::string& path, std::size_t /*batch*/) override {
    sequences_ = read_sequences(path);
    ones_.assign(sequences_.ids.size(), 1);
    inputs_.clear();
    const auto count = static_cast<std::int64_t>(sequences_.lengths.size());
    if (sequences_.of_one_length()) {
      add_input(0, {count, sequences_.lengths.front()});
      return;
    }
    std::size_t first = 0;
    for (const std::int64_t length : sequences_.lengths) {
      add_input(first, {1, length});
      first += static_cast<std::size_t>(length);
    }
  }

  void run() override {
    if (!session_) throw std::runtime_error("no model is loaded");
    if (inputs_.size() == 1) {
      outputs_.assign(1, session_->run(inputs_.front()));
    } else {
      outputs_ = session_->run_ragged(inputs_);
    }
  }

  std::vector<float> answer() override {
    std::vector<float> values;
    for (const Output& output : outputs_) {
      const Tensor hidden = output.tensors().at(0);
      const std::span<const float> part = hidden.values<float>();
      values.insert(values.end(), part.begin(), part.end());
    }
    return values;
  }

  double peak(int threads) override { return measure_peak_operations(threads, precision_) / 1e9; }

 private:
  void add_input(std::size_t first, const std::vector<std::int64_t>& shape) {
    const auto count = static_cast<std::size_t>(shape[0] * shape[1]);
    const std::span<const std::int64_t> ids(sequences_.ids);
    const std::span<const std::int64_t> ones(ones_);
    inputs_.push_back({Tensor::borrow(ids.subspan(first, count), shape),
                       Tensor::borrow(ones.subspan(first, count), shape)});
  }

  Precision precision_;
  std::optional<Session> session_;
  Sequences sequences_;
  std::vector<std::int64_t> ones_;
  std::vector<std::vector<Tensor>> inputs_;
  std::vector<Output> outputs_;
};

}  // namespace
}  // namespace henson::bench

int main(int argc, char** argv) {
  for (const henson::Precision precision :
       {henson::Precision::kFloat32, henson::Precision::kBFloat16, henson::Precision::kInt8}) {
    if (argc != 2 || std::string_view(argv[1]) != name_of(precision)) continue;
    henson::bench::HensonContender contender(precision);
    return henson::bench::serve(contender);
  }
  std::cerr << "usage: henson_worker fp32|bf16|int8\n";
  return 2;
}
