// Tensors that are held once, or twice.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "henson/inspect.h"

namespace henson::runtime {

/// As Inspection::decoders() gives them. Goes by what the computation does with the weights.
std::vector<DecoderTie> find_decoder_ties(std::span<const WeightInfo> weights);

/// Of a storage: what the archive's directory says of its bytes.
struct StorageFacts {
  std::uint64_t bytes = 0;
  std::uint32_t checksum = 0;
};

/// As Inspection::shared() gives them. Reads tensors whose storages have one checksum and size.
std::vector<SharedGroup> find_shared(std::span<const WeightInfo> weights,
                                     const std::map<std::string, StorageFacts>& storages);

}  // namespace henson::runtime
