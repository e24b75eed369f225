// PyTorch's trace on libtorch as a contender of bench/compare: see bench/worker.h.
// libtorch_worker [--frozen]; bench/compare builds it against the libraries of a torch package.
#include <ATen/Parallel.h>
#include <torch/script.h>

#include "bench/worker.h"

namespace henson::bench {
namespace {

class TorchContender final : public Contender {
 public:
  explicit TorchContender(bool frozen) : frozen_(frozen) {}

  void load(const std::string& path, int threads) override {
    at::set_num_interop_threads(1);
    at::set_num_threads(threads);
    module_ = torch::jit::load(path);
    module_.eval();
    if (frozen_) module_ = torch::jit::optimize_for_inference(module_);
  }

  void prepare(const std::string& path, std::size_t batch) override {
    sequences_ = read_sequences(path);
    batches_ = batches_of(sequences_, batch);
    inputs_.clear();
    for (const Batch& part : batches_) inputs_.push_back(padded(part));
  }

  void run() override {
    const c10::InferenceMode no_gradients;
    outputs_.clear();
    for (const std::vector<torch::jit::IValue>& input : inputs_) {
      outputs_.push_back(module_.forward(input).toTuple()->elements()[0].toTensor());
    }
  }

  std::vector<float> answer() override {
    const std::int64_t width = outputs_.at(0).size(2);
    std::vector<float> values;
    for (const at::Tensor& rows : in_given_order()) {
      const at::Tensor flat = rows.to(at::kFloat).contiguous();
      const float* const first = flat.const_data_ptr<float>();
      values.insert(values.end(), first, first + flat.size(0) * width);
    }
    return values;
  }

 private:
  std::vector<torch::jit::IValue> padded(const Batch& batch) const {
    const auto count = static_cast<std::int64_t>(batch.members.size());
    const at::Tensor ids = at::zeros({count, batch.longest}, at::kLong);
    const at::Tensor mask = at::zeros({count, batch.longest}, at::kLong);
    for (std::size_t row = 0; row < batch.members.size(); ++row) {
      const auto first = sequences_.lengths.begin();
      const auto place = static_cast<std::ptrdiff_t>(batch.members[row]);
      const std::int64_t start = std::accumulate(first, first + place, std::int64_t{0});
      const std::int64_t length = first[place];
      std::copy_n(sequences_.ids.begin() + start, length,
                  ids.data_ptr<std::int64_t>() + static_cast<std::int64_t>(row) * batch.longest);
      mask[static_cast<std::int64_t>(row)].slice(0, 0, length).fill_(1);
    }
    return {ids, mask};
  }

  /// The real tokens' rows of each sequence.
  std::vector<at::Tensor> in_given_order() const {
    std::vector<at::Tensor> rows(sequences_.lengths.size());
    for (std::size_t part = 0; part < batches_.size(); ++part) {
      const std::vector<std::size_t>& members = batches_[part].members;
      for (std::size_t row = 0; row < members.size(); ++row) {
        rows[members[row]] = outputs_[part][static_cast<std::int64_t>(row)].slice(
            0, 0, sequences_.lengths[members[row]]);
      }
    }
    return rows;
  }

  bool frozen_;
  torch::jit::Module module_;
  Sequences sequences_;
  std::vector<Batch> batches_;
  std::vector<std::vector<torch::jit::IValue>> inputs_;
  std::vector<at::Tensor> outputs_;
};

}  // namespace
}  // namespace henson::bench

int main(int argc, char** argv) {
  henson::bench::TorchContender contender(argc > 1 && std::string(argv[1]) == "--frozen");
  return henson::bench::serve(contender);
}
