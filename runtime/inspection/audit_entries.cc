// Entries as a zip file has them: checksums, names, sizes, and bytes that belong to nobody.
#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "loader/limits.h"
#include "runtime/inspection/audit_checks.h"

namespace henson::runtime {
namespace {

using loader::ZipEntry;

constexpr std::size_t kStartBytes = 1024;
constexpr std::size_t kLongestName = 240;
constexpr std::uint64_t kLargeEntry = 1 << 20;
constexpr std::uint64_t kUsualRatio = 100;  // of text and of weights that are mostly zero

constexpr std::array<std::string_view, 15> kNotes = {"data.pkl",
                                                     "constants.pkl",
                                                     "bytecode.pkl",
                                                     "attributes.pkl",
                                                     "traced_inputs.pkl",
                                                     "mobile_debug_handles.pkl",
                                                     "model.json",
                                                     "version",
                                                     "byteorder",
                                                     ".data/version",
                                                     ".data/byteorder",
                                                     ".data/serialization_id",
                                                     ".data/serialization_id_v2",
                                                     ".format_version",
                                                     ".storage_alignment"};

enum class EntryKind { kStorage, kText, kAttachment, kFolder, kUnknown };

EntryKind kind_of(std::string_view name) {
  if (name.empty() || name.ends_with('/')) return EntryKind::kFolder;
  for (const std::string_view folder : {"data/", "constants/", "tensors/", "traced_inputs/"}) {
    if (name.starts_with(folder)) return EntryKind::kStorage;
  }
  if (name.starts_with("extra/")) return EntryKind::kAttachment;
  if (std::find(kNotes.begin(), kNotes.end(), name) != kNotes.end()) return EntryKind::kText;
  const bool code =
      name.starts_with("code/") && (name.ends_with(".py") || name.ends_with(".debug_pkl"));
  const bool debug = name.starts_with("debug/") && name.ends_with(".pkl");
  return code || debug ? EntryKind::kText : EntryKind::kUnknown;
}

constexpr std::string_view kZip = "another zip file";
constexpr std::string_view kRar = "a RAR archive";

/// What a file is that a machine runs or unpacks; empty for other bytes.
std::string_view program_of(std::string_view start) {
  struct Magic {
    std::string_view bytes;
    std::string_view what;
  };
  static constexpr std::array<Magic, 9> kMagics = {
      {{"\x7f"
        "ELF",
        "a program or library for Linux (ELF)"},
       {std::string_view("\xcf\xfa\xed\xfe", 4), "a program or library for macOS (Mach-O)"},
       {std::string_view("\xce\xfa\xed\xfe", 4), "a program or library for macOS (Mach-O)"},
       {std::string_view("\xca\xfe\xba\xbe", 4), "a Java class or a program for macOS"},
       {std::string_view("\0asm", 4), "a WebAssembly module"},
       {"dex\n", "a program for Android"},
       {"#!/", "a script"},
       {"PK\x03\x04", kZip},
       {"Rar!", kRar}}};
  for (const Magic& magic : kMagics) {
    if (start.starts_with(magic.bytes)) return magic.what;
  }
  if (start.starts_with("MZ") && start.find(std::string_view("PE\0\0", 4)) != start.npos) {
    return "a program or library for Windows";
  }
  return {};
}

/// What is unpacked is looked at before it is run.
Severity severity_of(std::string_view program) {
  return program == kZip || program == kRar ? Severity::kWarning : Severity::kError;
}

bool is_utf8(std::string_view text) {
  std::size_t more = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (more > 0) {
      if ((byte & 0xc0U) != 0x80) return false;
      --more;
    } else if (byte >= 0x80) {
      if ((byte & 0xe0U) == 0xc0)
        more = 1;
      else if ((byte & 0xf0U) == 0xe0)
        more = 2;
      else if ((byte & 0xf8U) == 0xf0)
        more = 3;
      else
        return false;
    }
  }
  return more == 0;
}

/// What is odd about a name; empty for nothing.
std::string_view oddity_of(const std::string& name) {
  const bool control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 32 || c == 127;
  });
  if (control) return "the name has control characters";
  if (!is_utf8(name)) return "the name is not UTF-8";
  for (const std::string_view mark :
       {"\xe2\x80\xae", "\xe2\x80\xad", "\xe2\x81\xa6", "\xe2\x81\xa7"}) {
    if (name.find(mark) != name.npos) return "the name has marks that turn the direction of text";
  }
  if (name.find("//") != name.npos) return "a part of the name is empty";
  if (name.size() > kLongestName) return "the name is longer than file systems take";
  return {};
}

class EntryAudit {
 public:
  EntryAudit(const loader::Zip& zip, const std::optional<std::string>& root, Findings& findings)
      : zip_(zip),
        is_archive_(root.has_value()),
        root_(root.value_or("")),
        findings_(findings),
        budget_(zip.file_bytes()) {}

  std::vector<TextEntry> run() {
    std::vector<std::size_t> all(zip_.entries().size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    zip_.verify(all);
    for (const std::size_t i : all) check(i);
    check_letter_case();
    for (const loader::FileRange& gap : zip_.gaps()) check_gap(gap);
    return std::move(texts_);
  }

 private:
  void check(std::size_t index) {
    const ZipEntry& entry = zip_.entries()[index];
    const bool below = entry.name.starts_with(root_);
    const std::string name = below ? entry.name.substr(root_.size()) : entry.name;
    const EntryKind kind = below ? kind_of(name) : EntryKind::kUnknown;
    if (const auto oddity = oddity_of(entry.name); !oddity.empty()) {
      findings_.add(rules::kEntryName, Severity::kWarning, {name, {}, {}}, std::string(oddity));
    }
    if (kind == EntryKind::kFolder) return;
    if (kind == EntryKind::kUnknown && is_archive_) {
      findings_.add(rules::kEntry, Severity::kWarning, {name, {}, {}},
                    below ? "archives have no entry of this name"
                          : "the entry lies outside of the archive's folder " + root_);
    } else if (kind == EntryKind::kAttachment) {
      findings_.add(rules::kEntry, Severity::kNote, {name, {}, {}},
                    "a file that was attached: PyTorch hands it to programs that ask for it");
    }
    check_ratio(entry, name);
    if (!check_bytes(index, name, kind)) return;
    const std::string_view program = program_of(zip_.read_start(index, kStartBytes));
    if (!program.empty()) {
      findings_.add(rules::kProgram, severity_of(program), {name, {}, {}},
                    "the entry holds " + std::string(program));
    }
  }

  void check_ratio(const ZipEntry& entry, const std::string& name) {
    if (entry.bytes < kLargeEntry || entry.bytes / kUsualRatio <= entry.packed_bytes) return;
    findings_.add(rules::kSize, Severity::kWarning, {name, {}, {}},
                  "the entry inflates from " + std::to_string(entry.packed_bytes) + " to " +
                      std::to_string(entry.bytes) + " bytes");
  }

  /// Reads all of it: that is what a checksum is compared by. False when it cannot be read.
  bool check_bytes(std::size_t index, const std::string& name, EntryKind kind) {
    const ZipEntry& entry = zip_.entries()[index];
    const bool as_text = kind != EntryKind::kStorage && entry.bytes <= limits::kMaxPickleBytes;
    try {
      if (!as_text && zip_.place(index)) return true;
      if (!budget_.spend(loader::Budget::Kind::kInflatedBytes, entry.bytes)) {
        findings_.add(rules::kSize, Severity::kError, {name, {}, {}},
                      budget_.refusal(loader::Budget::Kind::kInflatedBytes));
        return false;
      }
      if (as_text) {
        texts_.push_back({name, zip_.read_text(index, limits::kMaxPickleBytes, name)});
      } else {
        zip_.unpack(index, name, [](std::span<const std::byte>) {});
      }
      return true;
    } catch (const Error& error) {
      const bool damaged = error.code() == ErrorCode::kBadArchive;
      findings_.add(damaged ? rules::kChecksum : rules::kZip, Severity::kError, error);
      return false;
    }
  }

  /// Two names that are one where case means nothing: who unpacks the file there gets one of them.
  void check_letter_case() {
    std::map<std::string, std::string> names;
    for (const ZipEntry& entry : zip_.entries()) {
      std::string folded = entry.name;
      for (char& c : folded) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const auto [found, is_new] = names.emplace(std::move(folded), entry.name);
      if (is_new) continue;
      findings_.add(rules::kEntryName, Severity::kWarning, {entry.name, {}, {}},
                    "the name differs from " + found->second + " in the case of letters alone");
    }
  }

  void check_gap(const loader::FileRange& gap) {
    std::string start =
        zip_.file()->text(gap.offset, std::min<std::uint64_t>(gap.bytes, kStartBytes));
    const std::string_view program = program_of(start);
    const bool zeros = program.empty() && is_zero(gap);
    const std::string where = gap.offset == 0 ? "in front of the first entry"
                              : gap.offset + gap.bytes == zip_.file_bytes()
                                  ? "behind the zip file's end"
                                  : "between entries";
    findings_.add(rules::kHiddenBytes,
                  !program.empty() ? severity_of(program)
                  : zeros          ? Severity::kNote
                                   : Severity::kWarning,
                  {},
                  std::to_string(gap.bytes) + (zeros ? " bytes of zeros " : " bytes ") + where +
                      ", from byte " + std::to_string(gap.offset) + ", that belong to no entry" +
                      (program.empty() ? "" : ": " + std::string(program)));
  }

  bool is_zero(const loader::FileRange& gap) const {
    constexpr std::uint64_t kPiece = 1 << 16;
    for (std::uint64_t done = 0; done < gap.bytes; done += kPiece) {
      const std::string piece =
          zip_.file()->text(gap.offset + done, std::min(kPiece, gap.bytes - done));
      if (piece.find_first_not_of('\0') != piece.npos) return false;
    }
    return true;
  }

  const loader::Zip& zip_;
  bool is_archive_;
  std::string root_;
  Findings& findings_;
  loader::Budget budget_;
  std::vector<TextEntry> texts_;
};

}  // namespace

std::vector<TextEntry> audit_entries(const loader::Zip& zip, const std::optional<std::string>& root,
                                     Findings& findings) {
  return EntryAudit(zip, root, findings).run();
}

}  // namespace henson::runtime
