// Code entries, parsed into an archive's classes and functions. Internal to the loader.
#pragma once

#include <cstdint>
#include <string>

#include "loader/package.h"

namespace henson::loader {

/// Reads the code of one package; the cap on code bytes holds for all of it together.
class CodeReader {
 public:
  CodeReader(const Package& package, Archive& archive) : package_(package), archive_(archive) {}

  script::SourceFile parse(const std::string& entry, const std::string& module);
  /// Throws henson::Error when the archive has a class or function of that name already.
  void add_class(script::Class parsed);
  void add_function(script::Function parsed, const std::string& module);
  /// Every entry code/**.py that is not yet parsed, into classes and functions: a step each.
  void parse_all(const Steps& steps);

 private:
  const Package& package_;
  Archive& archive_;
  std::uint64_t bytes_ = 0;
  std::map<std::string, bool, std::less<>> parsed_;
};

}  // namespace henson::loader
