#include "tools/random_batch.h"

#include "tools/random_inputs.h"

namespace henson::tools {
namespace {

constexpr unsigned kSeed = 2018;

}  // namespace

RandomBatch::RandomBatch(const Model& model, const BatchShape& shape) : ragged_(shape.ragged) {
  if (!ragged_) {
    const auto count = static_cast<std::int64_t>(shape.lengths.size());
    inputs_.push_back(random_inputs(model, {count, shape.lengths.front(), 0}, Masks::kOnes, kSeed));
    return;
  }
  for (const std::int64_t length : shape.lengths) {
    const auto seed = kSeed + static_cast<unsigned>(inputs_.size());
    inputs_.push_back(random_inputs(model, {1, length, 0}, Masks::kOnes, seed));
  }
}

void RandomBatch::run(Session& session) const {
  if (ragged_) {
    session.run_ragged(std::span<const std::vector<NamedInput>>(inputs_));
  } else {
    session.run(std::span<const NamedInput>(inputs_.front()));
  }
}

}  // namespace henson::tools
