// Reads the pickles of archives into inert values: nothing is constructed or called, and only the
// names that archives use are known at all.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "henson/error.h"
#include "loader/budget.h"
#include "loader/tensor.h"
#include "loader/value.h"

namespace henson::loader {

/// What a pickle leaves to the archive around it. A hook that is not set makes the reader refuse
/// what needs it.
struct PickleHooks {
  /// The storage of a key ("0"). A null one makes tensors without a storage, whose bounds are not
  /// checked. `place` is where the pickle names it, for errors.
  std::function<std::shared_ptr<const Storage>(const std::string& key, const ErrorPlace& place)>
      storage;
  /// The tensor of an id, in the attributes.pkl of PyTorch 1.1 and 1.2.
  std::function<Value(std::int64_t id, const ErrorPlace& place)> tensor;
  /// What values are counted against; null: a budget of the pickle's own.
  Budget* budget = nullptr;
  /// Dicts may have attributes, which are dropped: torch.save notes versions in a state_dict's.
  bool attributed_dicts = false;
};

/// The class of the object that a table of quantized rows becomes: its attributes are "integers"
/// (uint8 [rows, columns]), and "scales" and "zeros", a number a row.
inline constexpr std::string_view kQuantizedRows = "torch.quantized_rows";

/// Protocol 2 and later, as far as archives use it. Values have no cycles, nest at most
/// limits::kMaxPickleDepth deep, and are shared where the pickle shares them. `entry` names the
/// pickle in errors: throws henson::Error with the byte offset of the opcode.
Value read_pickle(std::string_view bytes, const std::string& entry, const PickleHooks& hooks);

}  // namespace henson::loader
