// What an archive's debug entries say of its code: for each stretch of it the source that it was
// made of. Inert data, which nothing else reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace henson::loader {

/// A stretch of code, up to where the next one starts.
struct DebugRange {
  std::uint64_t offset = 0;  // in the code entry
  std::int64_t start = 0;    // of the piece of the source text that it was made of
  std::int64_t end = 0;
  std::uint64_t source_bytes = 0;  // of that text, 0 where none is held
  std::string_view file;           // in DebugEntry::strings; may be empty
  std::int64_t line = 0;           // of the file
};

struct DebugEntry {
  std::vector<DebugRange> ranges;
  std::vector<std::string> strings;  // all that the entry holds: texts and files
};

/// Reads NAME.py.debug_pkl, or the debug/NAME.pkl of PyTorch 1.2, in each of its forms. Throws
/// henson::Error, naming `entry`, for what is neither.
DebugEntry read_debug_entry(std::string_view bytes, const std::string& entry);

/// The code entry that a debug entry belongs to ("code/a.py" of "code/a.py.debug_pkl" and of
/// "debug/a.pkl"); empty for other names.
std::string code_of_debug_entry(std::string_view entry);

}  // namespace henson::loader
