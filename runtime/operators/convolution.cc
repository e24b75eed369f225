#include "runtime/operators/convolution.h"

#include <algorithm>
#include <string>

#include "henson/error.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/checked.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// `rank` values of a setting for a plane of two dimensions; a single value stands for all.
Dims plane_setting(const Dims& values, std::size_t rank, std::int64_t absent, const char* name) {
  if (values.size() != rank && values.size() != 1) {
    fail("expected " + std::string(name) + " to be a single integer value or a list of " +
         std::to_string(rank) + " values, but got " + to_string(values));
  }
  Dims setting(2, absent);
  for (std::size_t i = 0; i < rank; ++i) {
    setting[2 - rank + i] = values.size() == 1 ? values[0] : values[i];
  }
  return setting;
}

/// How many elements a window spans along a dimension.
std::int64_t reach_of(const PlaneWindow& window, std::size_t d) {
  return checked_add(checked_multiply(window.dilation[d], window.kernel[d] - 1), 1);
}

void check_window(const PlaneWindow& window) {
  for (std::size_t d = 0; d < 2; ++d) {
    if (window.stride[d] <= 0) fail("non-positive stride is not supported");
    if (window.dilation[d] <= 0) fail("dilation should be greater than zero");
    if (window.before[d] < 0) fail("negative padding is not supported");
    if (window.kernel[d] <= 0) fail("a convolution's kernel must not be empty");
  }
}

Dims output_plane(const Tensor& input, const PlaneWindow& window) {
  Dims plane(2);
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t padded =
        checked_add(checked_add(input.sizes()[2 + d], window.before[d]), window.after[d]);
    const std::int64_t reach = reach_of(window, d);
    if (padded < reach) {
      fail("Calculated padded input size per channel: (" + std::to_string(padded) +
           "). Kernel size: (" + std::to_string(reach) +
           "). Kernel size can't be greater than actual input size");
    }
    plane[d] = (padded - reach) / window.stride[d] + 1;
  }
  return plane;
}

/// One row of columns: what the kernel's place (ky, kx) meets as the window slides.
template <typename T>
void gather_row(const T* channel, const Dims& input, const PlaneWindow& window, const Dims& plane,
                std::int64_t ky, std::int64_t kx, T* row) {
  for (std::int64_t oy = 0; oy < plane[0]; ++oy) {
    const std::int64_t y = oy * window.stride[0] - window.before[0] + ky * window.dilation[0];
    for (std::int64_t ox = 0; ox < plane[1]; ++ox) {
      const std::int64_t x = ox * window.stride[1] - window.before[1] + kx * window.dilation[1];
      const bool inside = y >= 0 && y < input[2] && x >= 0 && x < input[3];
      *row++ = inside ? channel[y * input[3] + x] : T(0);
    }
  }
}

/// The patches of one image [C, H, W] as columns: [C * kernel, places].
template <typename T>
void gather_columns(const T* image, const Dims& input, const PlaneWindow& window, const Dims& plane,
                    T* columns) {
  for (std::int64_t c = 0; c < input[1]; ++c) {
    stop_point();
    for (std::int64_t ky = 0; ky < window.kernel[0]; ++ky) {
      for (std::int64_t kx = 0; kx < window.kernel[1]; ++kx) {
        gather_row(image + c * input[2] * input[3], input, window, plane, ky, kx, columns);
        columns += plane[0] * plane[1];
      }
    }
  }
}

void check_channels(const Tensor& input, const Tensor& weight, std::int64_t groups) {
  if (groups <= 0) fail("non-positive groups is not supported");
  const std::int64_t wanted = checked_multiply(weight.size(1), groups);
  if (weight.size(0) % groups != 0 || wanted != input.size(1)) {
    fail("Given groups=" + std::to_string(groups) + ", weight of size " +
         to_string(weight.sizes()) + ", expected input" + to_string(input.sizes()) + " to have " +
         std::to_string(wanted) + " channels, but got " + std::to_string(input.size(1)) +
         " channels instead");
  }
}

/// input [N, C, H, W], weight [O, C / groups, kh, kw], both contiguous and of one product_dtype().
Tensor convolve(Allocator& memory, const Tensor& input, const Tensor& weight,
                const PlaneWindow& window, std::int64_t groups) {
  const Dims plane = output_plane(input, window);
  const std::int64_t places = numel_of(plane);
  const std::int64_t outputs = weight.size(0);
  const std::int64_t depth = numel_of(std::span(weight.sizes()).subspan(1));
  const Tensor filters = reshape(memory, weight, Dims{groups, outputs / groups, depth});
  Tensor columns = Tensor::empty(memory, input.dtype(), {groups, depth, places});
  Tensor out = Tensor::empty(memory, input.dtype(), {input.size(0), outputs, plane[0], plane[1]});
  visit_product_dtype(input.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::int64_t image = numel_of(std::span(input.sizes()).subspan(1));
    for (std::int64_t n = 0; n < input.size(0); ++n) {
      gather_columns(input.data<T>() + n * image, input.sizes(), window, plane,
                     columns.mutable_data<T>());
      const Tensor sums = product(memory, filters, columns);
      std::copy_n(sums.data<T>(), sums.numel(), out.mutable_data<T>() + n * outputs * places);
    }
  });
  return out;
}

/// Dimensions of size 1 put in so that a tensor [A, B, spatial…] is [A, B, H, W].
Tensor as_plane(const Tensor& tensor) {
  Tensor plane = tensor;
  while (plane.dim() < 4) plane = unsqueeze(plane, 2);
  return plane;
}

struct Settings {
  Dims stride;
  Dims padding;
  Dims dilation;
  std::int64_t groups = 1;
  bool same = false;  // as much padding as keeps the size; `padding` is not used
};

PlaneWindow window_of(const Tensor& weight, std::size_t rank, const Settings& settings) {
  PlaneWindow window;
  window.kernel = {weight.size(2), weight.size(3)};
  window.stride = plane_setting(settings.stride, rank, 1, "stride");
  window.dilation = plane_setting(settings.dilation, rank, 1, "dilation");
  if (!settings.same) {
    window.before = window.after = plane_setting(settings.padding, rank, 0, "padding");
    return window;
  }
  for (std::size_t d = 0; d < 2; ++d) {
    if (window.stride[d] != 1) fail("padding='same' is not supported for strided convolutions");
    if (window.kernel[d] <= 0) fail("a convolution's kernel must not be empty");
    const std::int64_t total = checked_multiply(window.dilation[d], window.kernel[d] - 1);
    window.before[d] = total / 2;
    window.after[d] = total - total / 2;
  }
  return window;
}

/// input [N, C, spatial…] or [C, spatial…], of `rank` spatial dimensions.
Tensor convolution(Allocator& memory, const Tensor& input, const Tensor& weight,
                   const std::optional<Tensor>& bias, const Settings& settings) {
  const std::int64_t rank = weight.dim() - 2;
  if (rank != 1 && rank != 2) {
    throw Error(ErrorCode::kUnsupported,
                "convolutions over one or two dimensions are supported, "
                "and the weight has shape " +
                    to_string(weight.sizes()));
  }
  const bool batched = input.dim() == rank + 2;
  if (!batched && input.dim() != rank + 1) {
    fail("Expected " + std::to_string(rank + 1) + "D (unbatched) or " + std::to_string(rank + 2) +
         "D (batched) input to conv" + std::to_string(rank) +
         "d, but got input of size: " + to_string(input.sizes()));
  }
  check_same_dtype(input, weight);
  const DType dtype = product_dtype(input.dtype());
  const Tensor images =
      as_plane(batched ? input : unsqueeze(input, 0)).to(memory, dtype).contiguous(memory);
  const Tensor filters = as_plane(weight).to(memory, dtype).contiguous(memory);
  const PlaneWindow window = window_of(filters, static_cast<std::size_t>(rank), settings);
  check_window(window);
  check_channels(images, filters, settings.groups);
  Tensor out = convolve(memory, images, filters, window, settings.groups);
  if (bias) {
    check_same_dtype(input, *bias);
    if (bias->sizes() != Dims{weight.size(0)}) {
      fail("expected bias to be 1-dimensional with " + std::to_string(weight.size(0)) +
           " elements, but got bias of size " + to_string(bias->sizes()) + " instead");
    }
    scale_and_add(out, reshape(memory, bias->to(memory, dtype), Dims{weight.size(0), 1, 1}),
                  std::int64_t{1}, std::int64_t{1});
  }
  Dims sizes = out.sizes();
  if (rank == 1) sizes.erase(sizes.begin() + 2);
  if (!batched) sizes.erase(sizes.begin());
  return reshape(memory, out, std::move(sizes)).to(memory, input.dtype());
}

bool is_same(const std::string& padding) {
  if (padding != "same" && padding != "valid") {
    fail("Invalid padding string: '" + padding + "', use 'valid' or 'same'");
  }
  return padding == "same";
}

void run_numbered(Call& call) {
  call.give(convolution(call.memory(), call.tensor(0), call.tensor(1), call.maybe_tensor(2),
                        {call.ints(3), call.ints(4), call.ints(5), call.integer(6)}));
}

void run_named(Call& call) {
  call.give(
      convolution(call.memory(), call.tensor(0), call.tensor(1), call.maybe_tensor(2),
                  {call.ints(3), {0}, call.ints(5), call.integer(6), is_same(call.string(4))}));
}

/// Arguments: input, weight, bias, stride, padding, dilation, transposed, output_padding, groups.
void run_general(Call& call) {
  if (call.flag(6)) {
    throw Error(ErrorCode::kUnsupported, "transposed convolutions are not supported");
  }
  call.give(convolution(call.memory(), call.tensor(0), call.tensor(1), call.maybe_tensor(2),
                        {call.ints(3), call.ints(4), call.ints(5), call.integer(8)}));
}

}  // namespace

void register_convolution(OperatorTable& table) {
  table.add(
      "aten::conv1d(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=1, "
      "int[1] padding=0, int[1] dilation=1, int groups=1) -> Tensor",
      run_numbered, {dtypes::shared, shapes::convolved, Trait::kMixes});
  table.add(
      "aten::conv1d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=1, "
      "str padding=\"valid\", int[1] dilation=1, int groups=1) -> Tensor",
      run_named, {dtypes::shared, shapes::convolved, Trait::kMixes});
  table.add(
      "aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, "
      "int[2] padding=0, int[2] dilation=1, int groups=1) -> Tensor",
      run_numbered, {dtypes::shared, shapes::convolved, Trait::kMixes});
  table.add(
      "aten::conv2d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, "
      "str padding=\"valid\", int[2] dilation=1, int groups=1) -> Tensor",
      run_named, {dtypes::shared, shapes::convolved, Trait::kMixes});
  const std::string general =
      "(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, "
      "bool transposed, int[] output_padding, int groups";
  table.add("aten::convolution" + general + ") -> Tensor", run_general,
            {dtypes::shared, shapes::convolved, Trait::kMixes});
  table.add("aten::_convolution" + general +
                ", bool benchmark, bool deterministic, bool cudnn_enabled, bool allow_tf32) -> "
                "Tensor",
            run_general, {dtypes::shared, shapes::convolved, Trait::kMixes});
  table.add("aten::_convolution.deprecated" + general +
                ", bool benchmark, bool deterministic, bool cudnn_enabled) -> Tensor",
            run_general, {dtypes::shared, shapes::convolved, Trait::kMixes});
}

}  // namespace henson::runtime
