// The names that a pickle of an archive may mention.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "henson/dtype.h"

namespace henson::loader {

struct PickleName {
  enum class Kind {
    kRebuildTensor,   // storage, offset, sizes, strides, …
    kRebuildQTensor,  // storage, offset, sizes, strides, quantizer, …
    kFirstArgument,   // a wrapper that adds nothing to its first argument
    kTensorById,      // the tensor of an id
    kOrderedDict,
    kDevice,
    kLayout,
    kStorage,  // a storage's type
    kPerTensorAffine,
    kPerChannelAffine,
    kClass,          // a class of the archive's code, or of torch's own ones
    kTensorIdClass,  // PyTorch 1.1: an object that is built from an id
    kIntListClass,   // PyTorch 1.1: an object that is built from a list
  };
  Kind kind;
  std::string name;               // qualified
  DType dtype = DType::kFloat32;  // of kStorage
};

/// What `module`.`name` means, or nothing if it is not allowed.
std::optional<PickleName> find_pickle_name(std::string_view module, std::string_view name);

/// "cpu", "cuda:1", …: whether PyTorch knows a device of that name. Every device means here, but
/// not every word is one.
bool is_device(std::string_view name);

}  // namespace henson::loader
