// Batch and instance normalization. Running statistics are used where the call says so and never
// updated: weights are not written.
#include <algorithm>
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/normalization.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// What a channel's elements are mapped by: y = (x - mean) * rstd * weight + bias.
struct Channels {
  std::vector<double> mean;
  std::vector<double> rstd;
  std::vector<double> weight;
  std::vector<double> bias;
};

/// One value a channel, or `absent` for all.
std::vector<double> channel_values(Allocator& memory, const Tensor& input,
                                   const std::optional<Tensor>& tensor, double absent,
                                   const char* name) {
  const std::int64_t channels = input.size(1);
  if (!tensor) return std::vector<double>(static_cast<std::size_t>(channels), absent);
  const bool mixed = size_of(input.dtype()) == 2 && tensor->dtype() == DType::kFloat32;
  if (!mixed) check_same_dtype(input, *tensor);
  if (tensor->sizes() != Dims{channels}) {
    fail(std::string(name) + " should contain " + std::to_string(channels) +
         " elements and has shape " + to_string(tensor->sizes()));
  }
  const Tensor values = tensor->to(memory, DType::kFloat64).contiguous(memory);
  return {values.data<double>(), values.data<double>() + channels};
}

/// [C, everything else], in double: the rows that batch statistics are taken of.
Tensor rows_of_channels(Allocator& memory, const Tensor& input) {
  Dims dims(input.sizes().size());
  for (std::size_t d = 0; d < dims.size(); ++d) dims[d] = static_cast<std::int64_t>(d);
  std::swap(dims[0], dims[1]);
  const Tensor channel_first = permute(input.to(memory, DType::kFloat64), dims);
  const std::int64_t count = input.numel() / std::max<std::int64_t>(input.size(1), 1);
  return reshape(memory, channel_first, Dims{input.size(1), count}).contiguous(memory);
}

double rounded(Allocator& memory, double value, DType dtype) {
  return *Tensor::scalar(value, dtype).to(memory, DType::kFloat64).data<double>();
}

/// The statistics of the batch, rounded to `kept`: PyTorch stores them before it uses them.
void set_batch_statistics(Allocator& memory, const Tensor& input, double eps, DType kept,
                          Channels& channels) {
  const Tensor rows = rows_of_channels(memory, input);
  const std::int64_t count = rows.size(1);
  if (count == 0) fail("Expected more than 0 values per channel to take batch statistics of");
  for (std::size_t c = 0; c < channels.mean.size(); ++c) {
    const double* const row = rows.data<double>() + static_cast<std::int64_t>(c) * count;
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += row[i];
    const double mean = sum / static_cast<double>(count);
    double squares = 0;
    for (std::int64_t i = 0; i < count; ++i) squares += (row[i] - mean) * (row[i] - mean);
    channels.mean[c] = rounded(memory, mean, kept);
    channels.rstd[c] =
        rounded(memory, 1.0 / std::sqrt(squares / static_cast<double>(count) + eps), kept);
  }
}

template <typename T>
void apply(const Channels& channels, std::int64_t batch, std::int64_t positions, Tensor& out) {
  T* at = out.mutable_data<T>();
  for (std::int64_t n = 0; n < batch; ++n) {
    for (std::size_t c = 0; c < channels.mean.size(); ++c) {
      const T scale = static_cast<T>(channels.rstd[c] * channels.weight[c]);
      const T shift = static_cast<T>(channels.bias[c] -
                                     channels.mean[c] * channels.rstd[c] * channels.weight[c]);
      for (std::int64_t i = 0; i < positions; ++i, ++at) *at = *at * scale + shift;
    }
  }
}

struct Parameters {
  std::optional<Tensor> weight;
  std::optional<Tensor> bias;
  std::optional<Tensor> running_mean;
  std::optional<Tensor> running_var;
  bool batch_statistics = false;
  double eps = 0;
};

Tensor per_channel(Allocator& memory, const std::vector<double>& values, DType dtype) {
  Tensor tensor =
      Tensor::empty(memory, DType::kFloat64, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.mutable_data<double>());
  return tensor.to(memory, dtype);
}

/// input [N, C, …]. The statistics returned are those of the batch, or empty.
Normalized batch_norm(Allocator& memory, const Tensor& input, const Parameters& parameters) {
  if (input.dim() < 2) fail("Expected at least 2 dimensions for input tensor");
  if (!is_floating(input.dtype())) throw_unsupported_dtype(input.dtype());
  if (!parameters.batch_statistics && (!parameters.running_mean || !parameters.running_var)) {
    fail("Expected running_mean and running_var to be defined when training=False");
  }
  Channels channels;
  channels.weight = channel_values(memory, input, parameters.weight, 1, "weight");
  channels.bias = channel_values(memory, input, parameters.bias, 0, "bias");
  channels.mean = channel_values(memory, input, parameters.running_mean, 0, "running_mean");
  channels.rstd = channel_values(memory, input, parameters.running_var, 1, "running_var");
  for (double& value : channels.rstd) value = 1.0 / std::sqrt(value + parameters.eps);
  const DType kept = parameters.weight ? parameters.weight->dtype() : input.dtype();
  if (parameters.batch_statistics)
    set_batch_statistics(memory, input, parameters.eps, kept, channels);
  const DType dtype = product_dtype(input.dtype());
  Tensor out = Tensor::empty(memory, dtype, input.sizes());
  copy_into(memory, out, input);
  const std::int64_t planes = input.size(0) * input.size(1);
  const std::int64_t positions = input.numel() / std::max<std::int64_t>(planes, 1);
  if (dtype == DType::kFloat64) {
    apply<double>(channels, input.size(0), positions, out);
  } else {
    apply<float>(channels, input.size(0), positions, out);
  }
  const bool given = parameters.batch_statistics;
  return {out.to(memory, input.dtype()),
          per_channel(memory, given ? channels.mean : std::vector<double>{}, kept),
          per_channel(memory, given ? channels.rstd : std::vector<double>{}, kept)};
}

/// Each instance is a batch of its own: its channels are the batch's.
Tensor instance_norm(Allocator& memory, const Tensor& input, const Parameters& parameters) {
  if (input.dim() < 2) fail("Expected at least 2 dimensions for input tensor");
  if (!parameters.batch_statistics) return batch_norm(memory, input, parameters).output;
  Tensor out = Tensor::empty(memory, input.dtype(), input.sizes());
  for (std::int64_t n = 0; n < input.size(0); ++n) {
    Tensor target = narrow(out, 0, n, 1);
    copy_into(memory, target, batch_norm(memory, narrow(input, 0, n, 1), parameters).output);
  }
  return out;
}

/// Arguments 0 to 4: input, weight, bias, running mean and variance.
Parameters parameters_of(const Call& call, bool batch_statistics, double eps) {
  Parameters parameters;
  parameters.weight = call.maybe_tensor(1);
  parameters.bias = call.maybe_tensor(2);
  parameters.running_mean = call.maybe_tensor(3);
  parameters.running_var = call.maybe_tensor(4);
  parameters.batch_statistics = batch_statistics;
  parameters.eps = eps;
  return parameters;
}

void give(Call& call, const Normalized& result) {
  call.give(result.output);
  call.give(result.mean);
  call.give(result.rstd);
}

/// Statistics of channels, or nothing where the batch gives none.
void batch_norm_sizes(Inference& call) {
  const std::optional<Dimensions> input = call.dims(0);
  call.result().dims = input;
  if (input && input->size() < 2) throw Mismatch{};
  const std::optional<bool> given = call.flag("training");
  Dimension count = given == false ? Dimension::of(0) : call.domain().unknown();
  if (given == true && input) count = (*input)[1];
  for (std::size_t i = 1; i < call.result_count(); ++i) call.result(i).dims = Dimensions{count};
}

}  // namespace

void register_batch_norm(OperatorTable& table) {
  const std::string statistics =
      "(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, ";
  table.add("aten::batch_norm" + statistics +
                "bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
            [](Call& call) {
              call.give(batch_norm(call.memory(), call.tensor(0),
                                   parameters_of(call, call.flag(5), call.number(7)))
                            .output);
            },
            {dtypes::same, shapes::same, Trait::kMixes});
  table.add("aten::native_batch_norm" + statistics +
                "bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
            [](Call& call) {
              give(call, batch_norm(call.memory(), call.tensor(0),
                                    parameters_of(call, call.flag(5), call.number(7))));
            },
            {normalized_types<1>, batch_norm_sizes, Trait::kMixes});
  table.add("aten::_native_batch_norm_legit_no_training" + statistics +
                "float momentum, float eps) -> (Tensor, Tensor, Tensor)",
            [](Call& call) {
              give(call, batch_norm(call.memory(), call.tensor(0),
                                    parameters_of(call, false, call.number(6))));
            },
            {normalized_types<1>, batch_norm_sizes, Trait::kMixes});
  table.add("aten::instance_norm" + statistics +
                "bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor",
            [](Call& call) {
              call.give(instance_norm(call.memory(), call.tensor(0),
                                      parameters_of(call, call.flag(5), call.number(7))));
            },
            {dtypes::same, shapes::same, Trait::kMixes});
}

}  // namespace henson::runtime
