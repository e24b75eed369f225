// What a pickle mentions, told opcode by opcode without making values of it: of all pickles, also
// of those that read_pickle refuses.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace henson::loader {

/// A name that unpickling would look up, in Python or in PyTorch.
struct PickleMention {
  std::string module;
  std::string name;
  std::uint64_t offset = 0;  // of the opcode that names it first
  bool known = false;        // one that archives use: see find_pickle_name
};

struct PickleScan {
  std::vector<PickleMention> names;  // each once, in the order of the file
  /// Names that are not written down but computed, or numbers of a registry.
  std::vector<std::uint64_t> hidden_names;
  std::vector<std::string> devices;  // strings that are a device's name, each once
  std::set<std::string> storages;    // keys of storages: "0", "1.storage"
  std::uint64_t bytes = 0;           // up to the end of the last opcode
  std::string fault;                 // why it ends there without a STOP; else empty
};

/// Reads protocols 0 to 5, up to the first STOP. Never throws for what the bytes are.
PickleScan scan_pickle(std::string_view bytes);

}  // namespace henson::loader
