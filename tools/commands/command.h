// What the commands share.
#pragma once

#include <filesystem>
#include <string>

#include "henson/henson.h"
#include "tools/command_line.h"

namespace henson::tools {

// Exit codes.
inline constexpr int kDone = 0;
inline constexpr int kAnswerIsNo = 1;
inline constexpr int kBadUsage = 2;
inline constexpr int kBadFile = 3;  // an archive or an input

/// --executor, --precision, --threads and --memory-limit. Returns --executor.
Option add_session_options(Command& command, SessionOptions& options);

/// --map, --method, --witness and --constant.
void add_open_options(Command& command, OpenOptions& options);

/// --precision alone, said to be `what`.
void add_precision_option(Command& command, Precision& precision, const std::string& what);

/// --threads and --memory-limit alone.
void add_machine_options(Command& command, SessionOptions& options);

/// What an archive's argument is called in messages, and where it is: `-` is standard input.
std::string shown(const std::filesystem::path& path);
std::filesystem::path file_of(const std::filesystem::path& path);

/// Model::open of file_of(path), with errors that name it; the model's notes go to standard error.
Model open_model(const std::filesystem::path& path, const OpenOptions& options = {});

/// The error again, its message after `where`: ". . . run.pt: code/model.py:12: …".
Error located(const std::string& where, const Error& error);

/// "henson: TEXT" on standard error, on one line whatever the text.
void print_error(const std::string& text);

}  // namespace henson::tools
