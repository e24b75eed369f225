#include "loader/recognize.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <limits>
#include <string_view>

#include "henson/error.h"

namespace henson::loader {
namespace {

constexpr std::string_view kTraceIt =
    "load it with the Python code that wrote it, and save torch.jit.trace(model, inputs)";

using std::string_view_literals::operator""sv;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  const char* message;
};

constexpr std::array kMagics = {
    Magic{0, "version https://git-lfs.github.com/spec/"sv,
          "a Git LFS pointer, not the file that it points to; run git lfs pull"},
    Magic{0, "\x89HDF\r\n\x1a\n"sv,
          "an HDF5 file (Keras weights); it holds no TorchScript: trace the model in PyTorch"},
    Magic{4, "PTMF"sv,
          "a flatbuffer for PyTorch's mobile runtime; save the model as TorchScript, with "
          "torch.jit.save"},
    Magic{4, "ET1"sv, "an ExecuTorch program; save the model as TorchScript, with torch.jit.trace"},
    Magic{0, "GGUF"sv, "a GGUF file: weights without TorchScript; trace the model in PyTorch"},
    Magic{0, "\x93NUMPY"sv, "a NumPy array, not a TorchScript archive"},
    Magic{0, "\x1f\x8b"sv, "compressed by gzip; decompress it first"},
    Magic{0, "BZh"sv, "compressed by bzip2; decompress it first"},
    Magic{0,
          "\xfd"
          "7zXZ\0"sv,
          "compressed by xz; decompress it first"},
    Magic{0, "\x28\xb5\x2f\xfd"sv, "compressed by zstd; decompress it first"},
    Magic{0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive; unpack it first"},
    Magic{0, "Rar!\x1a\x07"sv, "a RAR archive; unpack it first"},
    Magic{0,
          "\x7f"
          "ELF"sv,
          "a program or a shared library, not a TorchScript archive"},
    Magic{0, "%PDF-"sv, "a PDF document, not a TorchScript archive"},
};

// The number that torch.save wrote first, before PyTorch 1.6: a pickle of its own.
constexpr std::string_view kLegacyMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool has_at(std::string_view start, const Magic& magic) {
  return start.size() >= magic.offset && start.substr(magic.offset).starts_with(magic.bytes);
}

std::string lower_start(std::string_view start) {
  std::string text;
  for (const char c : start.substr(0, 1024)) {
    if (text.empty() && std::isspace(static_cast<unsigned char>(c))) continue;
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

bool is_html(std::string_view start) {
  const std::string text = lower_start(start);
  return text.starts_with("<!doctype html") || text.starts_with("<html") ||
         (text.starts_with("<?xml") && contains(text, "<html"));
}

// An 8-byte length, then that many bytes of JSON.
bool is_safetensors(std::string_view start, std::uint64_t file_bytes) {
  if (start.size() < 9 || start[8] != '{') return false;
  std::uint64_t header = 0;
  for (std::size_t i = 8; i-- > 0;) header = header << 8 | static_cast<unsigned char>(start[i]);
  return header >= 2 && header <= file_bytes - 8;
}

bool is_tar(std::string_view start) {
  return start.size() > 262 && start.substr(257, 5) == "ustar";
}

// Field 1 of a ModelProto is a small number, field 2 the producer's name.
bool is_onnx(std::string_view start) {
  if (start.size() < 4 || start[0] != '\x08' || static_cast<unsigned char>(start[1]) > 20)
    return false;
  return start[2] == '\x12' || start[2] == ':';
}

// Field 1 of a SavedModel is the number 1, field 2 its graph, with the operators' names soon after.
bool is_saved_model(std::string_view start) {
  return start.starts_with("\x08\x01\x12") &&
         (contains(start, "saved_model") || contains(start, "NoOp") ||
          contains(start, "Placeholder") || contains(start, "VarHandleOp"));
}

bool is_text(std::string_view start) {
  return std::all_of(start.begin(), start.end(), [](unsigned char c) {
    return c >= 32 || c == '\n' || c == '\r' || c == '\t' || c == '\f';
  });
}

// A protocol 2 or later pickle: is it of weights alone, or of a module?
std::string describe_saved(std::string_view pickle, const std::string& how) {
  const bool module = contains(pickle, "torch.nn.modules") || contains(pickle, "_parameters") ||
                      contains(pickle, "_modules");
  if (module) {
    return "a whole module that " + how +
           " wrote: a pickle of Python objects, without TorchScript; " + std::string(kTraceIt);
  }
  if (contains(pickle, "_rebuild_") || contains(pickle, "Storage")) {
    return "a state_dict or checkpoint that " + how +
           " wrote: weights without the computation; load it into the model, and save "
           "torch.jit.trace(model, inputs)";
  }
  return "a file that " + how + " wrote, without TorchScript; " + std::string(kTraceIt);
}

bool is_old_tar_of_torch(std::string_view start) {
  return is_tar(start) && (start.starts_with("sys_info") || start.starts_with("pickle") ||
                           start.starts_with("storages") || start.starts_with("tensors"));
}

std::string recognize_start(std::string_view start, std::uint64_t file_bytes) {
  for (const Magic& magic : kMagics) {
    if (has_at(start, magic)) return magic.message;
  }
  if (is_html(start)) return "an HTML page, not the file behind it: a download that went wrong";
  if (is_safetensors(start, file_bytes)) {
    return "a safetensors file: weights without the computation; load it into the model, and save "
           "torch.jit.trace(model, inputs)";
  }
  if (start.starts_with('\x80') && contains(start.substr(0, 16), kLegacyMagic)) {
    return describe_saved(start, "torch.save (before PyTorch 1.6)");
  }
  if (is_old_tar_of_torch(start)) return describe_saved("", "torch.save (before PyTorch 0.1.10)");
  if (is_tar(start)) return "a tar archive; unpack it first";
  if (start.size() > 2 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5) {
    return "a pickle of Python objects, not a TorchScript archive; " + std::string(kTraceIt);
  }
  if (is_saved_model(start)) {
    return "a TensorFlow SavedModel; it holds no TorchScript: trace the model in PyTorch";
  }
  if (is_onnx(start)) {
    return "an ONNX model; it holds no TorchScript: trace the PyTorch model that it was exported "
           "from";
  }
  if (is_text(start)) return "a text file, not a TorchScript archive";
  return {};
}

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::kBadArchive, what); }

void refuse_start(std::string_view start, std::uint64_t file_bytes) {
  if (start.empty()) refuse("the file is empty");
  if (start.starts_with("PK")) return;
  const std::string what = recognize_start(start, file_bytes);
  refuse(what.empty() ? "not a TorchScript archive: not a zip file" : what);
}

// The first entry whose name ends so, or null.
const ZipEntry* entry_ending(const Zip& zip, std::string_view end) {
  for (const ZipEntry& entry : zip.entries()) {
    if (entry.name == end || entry.name.ends_with('/' + std::string(end))) return &entry;
  }
  return nullptr;
}

bool any_ends(const Zip& zip, std::string_view end) {
  return std::any_of(zip.entries().begin(), zip.entries().end(),
                     [&](const ZipEntry& entry) { return entry.name.ends_with(end); });
}

// An entry that is a zip file itself: of those, one with a name that archives have.
const ZipEntry* inner_archive(const Zip& zip) {
  for (std::size_t i = 0; i < zip.entries().size(); ++i) {
    const ZipEntry& entry = zip.entries()[i];
    const bool named = entry.name.ends_with(".pt") || entry.name.ends_with(".pth") ||
                       entry.name.ends_with(".zip") || entry.name.ends_with(".ts") ||
                       entry.name.ends_with(".bin") || entry.name.ends_with(".ptl");
    if (named && zip.read_start(i, 4) == "PK\x03\x04") return &entry;
  }
  return nullptr;
}

bool is_exported_program(const Zip& zip) {
  return entry_ending(zip, "serialized_exported_program.json") ||
         entry_ending(zip, "archive_format") || entry_ending(zip, "models/model.json") ||
         entry_ending(zip, "serialized_state_dict.json") ||
         std::any_of(zip.entries().begin(), zip.entries().end(), [](const ZipEntry& entry) {
           return entry.name.find("data/aotinductor/") != std::string::npos;
         });
}

}  // namespace

void refuse_other_paths(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw Error(ErrorCode::kNotFound, "there is no such file; check the path");
  }
  if (std::filesystem::is_directory(status)) {
    if (std::filesystem::exists(path / "data.pkl", error) ||
        std::filesystem::exists(path / "model.json", error)) {
      refuse("a folder: an archive that was unpacked, it seems; give the .pt file itself");
    }
    refuse("a folder; give a TorchScript archive, a .pt file");
  }
  if (!std::filesystem::is_regular_file(status) && !std::filesystem::is_fifo(status) &&
      !std::filesystem::is_socket(status)) {
    refuse("neither a file nor a pipe");
  }
}

void refuse_other_files(const File& file) { refuse_start(file.text(0, kStartBytes), file.size()); }

void refuse_other_starts(std::string_view start) {
  refuse_start(start, std::numeric_limits<std::uint64_t>::max());
}

std::string recognize_zip(const Zip& zip) {
  if (zip.entries().empty()) return "a zip file with nothing in it";
  if (is_exported_program(zip)) {
    return "a program that torch.export wrote: no TorchScript; save torch.jit.trace(model, inputs) "
           "instead";
  }
  if (const ZipEntry* data = entry_ending(zip, "data.pkl")) {
    return describe_saved(zip.read_start(*zip.find(data->name), kStartBytes), "torch.save");
  }
  if (const ZipEntry* inner = inner_archive(zip)) {
    return "a zip file with another inside: " + inner->name + "; unpack it and give that file";
  }
  if (any_ends(zip, ".npy")) return "a NumPy .npz file, not a TorchScript archive";
  if (any_ends(zip, ".mlmodel") || any_ends(zip, ".mlpackage/Manifest.json")) {
    return "a Core ML package; it holds no TorchScript: trace the model in PyTorch";
  }
  if (entry_ending(zip, "AndroidManifest.xml"))
    return "an Android or Java package, not a TorchScript archive";
  if (entry_ending(zip, "META-INF/MANIFEST.MF")) return "a Java package, not a TorchScript archive";
  if (entry_ending(zip, "MAR-INF/MANIFEST.json")) {
    return "a model archive of TorchServe; unpack it and give the .pt file in it";
  }
  if (entry_ending(zip, "[Content_Types].xml"))
    return "an office document, not a TorchScript archive";
  if (entry_ending(zip, "keras_metadata.pb") || any_ends(zip, ".h5")) {
    return "a Keras model; it holds no TorchScript: trace the model in PyTorch";
  }
  return "a zip file without a TorchScript archive: no data.pkl or model.json beside a folder "
         "code/; "
         "its first entry is " +
         zip.entries()[0].name;
}

}  // namespace henson::loader
