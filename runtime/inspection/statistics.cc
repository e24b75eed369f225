#include "henson/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <vector>

#include "henson/error.h"
#include "runtime/api/guarded.h"
#include "runtime/api/public_tensor.h"
#include "runtime/inspection/element_reader.h"
#include "runtime/inspection/moments.h"
#include "runtime/inspection/weight_work.h"
#include "runtime/operators/quantization.h"

namespace henson {
namespace {

using runtime::Binning;
using runtime::ElementReader;
using runtime::kBlock;
using runtime::Moments;
using runtime::WeightWork;

std::int64_t blocks_of(std::int64_t elements) { return (elements + kBlock - 1) / kBlock; }

/// Tensors over the very same elements, each once.
class DistinctTensors {
 public:
  /// The place of the weight's tensor in `readers`, or nothing when it has none.
  std::optional<std::size_t> add(const WeightInfo& weight) {
    const runtime::Tensor* const tensor = runtime::elements_of(weight);
    if (tensor == nullptr) return std::nullopt;
    const auto [found, is_new] =
        places_.try_emplace({tensor->buffer().get(), tensor->dtype(), tensor->offset(),
                             tensor->sizes(), tensor->strides(), tensor->quantization().get()},
                            readers.size());
    if (is_new) readers.emplace_back(*tensor, ElementReader::Order::kAny);
    return found->second;
  }

  std::vector<ElementReader> readers;

 private:
  using Key =
      std::tuple<const void*, DType, std::int64_t, runtime::Dims, runtime::Dims, const void*>;
  std::map<Key, std::size_t> places_;
};

/// A stretch of a tensor's elements, and what is found in it.
struct Block {
  std::size_t tensor = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  Moments moments;
  Binning::Bins bins{};
  std::uint64_t outliers = 0;
};

std::vector<Block> cut(const std::vector<ElementReader>& readers) {
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < readers.size(); ++i) {
    const std::int64_t count = readers[i].count();
    for (std::int64_t block = 0; block < blocks_of(count); ++block) {
      blocks.push_back({i, block * kBlock, std::min(count, (block + 1) * kBlock), {}, {}, 0});
    }
  }
  return blocks;
}

/// Without histogram and outliers.
WeightStatistics to_statistics(const Moments& moments) {
  WeightStatistics found;
  found.count = moments.finite + moments.nans + moments.infinities;
  found.zeros = moments.zeros;
  found.nans = moments.nans;
  found.infinities = moments.infinities;
  found.mean = moments.mean;
  if (moments.finite > 0) {
    found.deviation = std::sqrt(moments.distance / static_cast<double>(moments.finite));
  }
  found.least = moments.least;
  found.largest = moments.largest;
  found.norm = std::sqrt(moments.squares);
  return found;
}

/// Reads everything twice: where outliers begin, and how wide the bins are, is known after the
/// first time.
std::vector<WeightStatistics> measure(const std::vector<ElementReader>& readers,
                                      const StatisticsOptions& options) {
  std::vector<Block> blocks = cut(readers);
  std::uint64_t elements = 0;
  for (const ElementReader& reader : readers)
    elements += static_cast<std::uint64_t>(reader.count());
  WeightWork work(options, 2 * elements);
  work.for_each(blocks.size(), [&](std::size_t task) {
    Block& block = blocks[task];
    readers[block.tensor].read(block.first, block.last, [&](std::span<const double> numbers) {
      runtime::add(block.moments, runtime::moments_of(numbers));
    });
    work.did(static_cast<std::uint64_t>(block.last - block.first));
  });
  std::vector<Moments> moments(readers.size());
  for (const Block& block : blocks) runtime::add(moments[block.tensor], block.moments);
  std::vector<WeightStatistics> found;
  for (const Moments& each : moments) found.push_back(to_statistics(each));

  work.for_each(blocks.size(), [&](std::size_t task) {
    Block& block = blocks[task];
    const WeightStatistics& of = found[block.tensor];
    const Binning binning(of.mean, of.deviation, of.least, of.largest);
    readers[block.tensor].read(block.first, block.last, [&](std::span<const double> numbers) {
      block.outliers += binning.count(numbers, block.bins);
    });
    work.did(static_cast<std::uint64_t>(block.last - block.first));
  });
  for (const Block& block : blocks) {
    WeightStatistics& of = found[block.tensor];
    of.outliers += block.outliers;
    for (std::size_t bin = 0; bin < kHistogramBins; ++bin) of.histogram[bin] += block.bins[bin];
  }
  return found;
}

}  // namespace

double WeightStatistics::outlier_share() const noexcept {
  return count == 0 ? 0 : static_cast<double>(outliers) / static_cast<double>(count);
}

std::vector<std::optional<WeightStatistics>> statistics_of(std::span<const WeightInfo> weights,
                                                           const StatisticsOptions& options) {
  return runtime::guarded([&] {
    DistinctTensors tensors;
    std::vector<std::optional<std::size_t>> places;
    for (const WeightInfo& weight : weights) places.push_back(tensors.add(weight));
    const std::vector<WeightStatistics> found = measure(tensors.readers, options);
    std::vector<std::optional<WeightStatistics>> results;
    for (const auto& place : places) {
      results.push_back(place ? std::optional(found[*place]) : std::nullopt);
    }
    return results;
  });
}

std::optional<std::vector<double>> row_norms_of(const WeightInfo& weight,
                                                const StatisticsOptions& options) {
  const runtime::Tensor* const tensor = runtime::elements_of(weight);
  if (tensor == nullptr || tensor->dim() != 2) return std::nullopt;
  return runtime::guarded([&] {
    const ElementReader reader(*tensor, ElementReader::Order::kRowMajor);
    const std::int64_t rows = tensor->size(0);
    const std::int64_t columns = tensor->size(1);
    const std::int64_t rows_a_task =
        std::max<std::int64_t>(1, kBlock / std::max<std::int64_t>(columns, 1));
    std::vector<double> norms(static_cast<std::size_t>(rows), 0);
    if (columns == 0) return norms;
    WeightWork work(options, static_cast<std::uint64_t>(rows));
    work.for_each(static_cast<std::size_t>((rows + rows_a_task - 1) / rows_a_task),
                  [&](std::size_t task) {
                    const std::int64_t first = static_cast<std::int64_t>(task) * rows_a_task;
                    const std::int64_t last = std::min(rows, first + rows_a_task);
                    std::int64_t at = first * columns;
                    reader.read(at, last * columns, [&](std::span<const double> numbers) {
                      for (const double number : numbers) {
                        norms[static_cast<std::size_t>(at++ / columns)] += number * number;
                      }
                    });
                    for (std::int64_t row = first; row < last; ++row) {
                      double& norm = norms[static_cast<std::size_t>(row)];
                      norm = std::sqrt(norm);
                    }
                    work.did(static_cast<std::uint64_t>(last - first));
                  });
    return norms;
  });
}

Tensor real_values_of(const WeightInfo& weight) {
  const runtime::Tensor* const tensor = runtime::elements_of(weight);
  if (tensor == nullptr) {
    throw Error(ErrorCode::kBadInput, "the archive does not hold the elements of " + weight.name);
  }
  return runtime::guarded([&] {
    return runtime::to_public(is_quantized(tensor->dtype())
                                  ? runtime::dequantize(runtime::system_memory(), *tensor)
                                  : *tensor);
  });
}

}  // namespace henson
