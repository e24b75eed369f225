#include "tools/commands/extract.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>

#include "henson/archive_file.h"
#include "tools/commands/command.h"
#include "tools/out_file.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

using enum Table::Align;

constexpr std::string_view kExamples = R"(Examples:
  henson extract bert.pt
  henson extract bert.pt code/__torch__.py
  henson extract bert.pt data/0 -o weights.bin

Nothing is run, and entries are not changed. Names may leave out the archive's folder. A name that is
not given whole is not guessed. Exit code 3: the file is damaged, or cannot be written.)";

struct Options {
  std::filesystem::path archive;
  std::string entry;
  std::string output;
  bool json = false;
};

std::string hex(std::uint32_t checksum) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", checksum);
  return text;
}

void print_as_json(const ArchiveFile& file, const Options& options) {
  Json json{{"schema", 1}, {"file", options.archive.string()}};
  json["entries"] = Json::array();
  for (const ArchiveEntry& entry : file.entries()) {
    json["entries"].push_back({{"name", entry.name},
                               {"bytes", entry.bytes},
                               {"packed_bytes", entry.packed_bytes},
                               {"deflated", entry.deflated},
                               {"crc32", hex(entry.checksum)}});
  }
  print_json(std::cout, json);
}

void print_list(const ArchiveFile& file) {
  Table table({kRight, kLeft, kLeft});
  std::uint64_t bytes = 0;
  std::uint64_t packed = 0;
  for (const ArchiveEntry& entry : file.entries()) {
    bytes += entry.bytes;
    packed += entry.packed_bytes;
    table.add({format_count(entry.bytes), printable(entry.name),
               entry.deflated ? "deflated to " + format_count(entry.packed_bytes) : ""});
  }
  table.print(std::cout);
  const std::size_t count = file.entries().size();
  std::cout << format_count(count) << (count == 1 ? " entry, " : " entries, ")
            << format_bytes(bytes)
            << (packed == bytes ? "" : ", " + format_bytes(packed) + " in the file") << '\n';
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What an entry holds may speak to a terminal: only text goes there, unless it is asked for.
void print_text(const ArchiveFile& file, const ArchiveEntry& entry) {
  std::string text;
  file.read(entry, [&](std::span<const std::byte> piece) { text += as_text(piece); });
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 32 && byte != 127) || c == '\n' || c == '\t';
  });
  if (!plain) {
    throw UsageError(
        "the entry is not text; -o FILE writes it into a file, and -o - to this terminal");
  }
  std::cout << text;
}

int extract(const Options& options) {
  if (options.json && !options.entry.empty())
    throw UsageError("--json lists: give no entry with it");
  if (options.entry.empty() && !options.output.empty()) {
    throw UsageError("-o is for an entry's bytes: name the entry");
  }
  try {
    const ArchiveFile file(options.archive);
    if (options.json) {
      print_as_json(file, options);
    } else if (options.entry.empty()) {
      print_list(file);
    } else {
      const ArchiveEntry& entry = file.find(options.entry);
      if (options.output.empty() && isatty(STDOUT_FILENO) != 0) {
        print_text(file, entry);
        return kDone;
      }
      OutFile out(options.output);
      file.read(entry, [&](std::span<const std::byte> piece) { out.write(as_text(piece)); });
      out.finish();
    }
  } catch (const Error& error) {
    throw located(options.archive.string(), error);
  }
  return kDone;
}

}  // namespace

void add_extract(CommandLine& program) {
  Command command = program.add("extract", "List an archive's entries, or write one as it is");
  const auto options = std::make_shared<Options>();
  command.option("archive", options->archive, "A.pt", "The archive, or any zip file").required();
  command.option("entry", options->entry, "ENTRY",
                 "The entry to write: code/__torch__.py, data/0; all are listed unless given");
  command.option("-o,--output", options->output, "FILE",
                 "Where to write it; standard output unless given");
  command.flag("--json", options->json, "List the entries as JSON");
  command.footer(kExamples);
  command.action([options] { return extract(*options); });
}

}  // namespace henson::tools
