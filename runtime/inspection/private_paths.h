// Paths of somebody's machine in the texts of an archive.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace henson::runtime {

struct PrivatePaths {
  std::map<std::string, std::size_t> homes;  // folders up to the user's name: how often
  /// Folders of Python files that are no part of an installed Python or package.
  std::map<std::string, std::size_t> folders;

  bool empty() const { return homes.empty() && folders.empty(); }
};

/// Adds what a text holds, be it code, JSON or a pickle as it stands.
void find_private_paths(std::string_view text, PrivatePaths& found);

/// The user's name, which ends a home folder; empty for the superuser's.
std::string user_of(std::string_view home);

}  // namespace henson::runtime
