#include "loader/recognize.h"

#include <gtest/gtest.h>

#include "loader/archive.h"
#include "tests/loader/archive_maker.h"

namespace henson::loader {
namespace {

using test::Entries;
using test::PickleMaker;
using test::TempFile;

using std::string_view_literals::operator""sv;

std::string refusal_of(std::string_view bytes) {
  const TempFile file;
  file.write(bytes);
  return test::error_of([&] { open_archive(file.path()); });
}

std::string refusal_of_zip(const Entries& entries) {
  const TempFile file;
  test::write_zip(file.path(), entries);
  return test::error_of([&] { open_archive(file.path()); });
}

TEST(Recognize, PathsThatAreNoFiles) {
  const TempFile file;
  EXPECT_EQ(test::error_of([&] { open_archive(file.path()); }),
            "there is no such file; check the path");
  std::filesystem::create_directory(file.path());
  EXPECT_EQ(test::error_of([&] { open_archive(file.path()); }),
            "a folder; give a TorchScript archive, a .pt file");
  std::ofstream(file.path() / "data.pkl") << "x";
  EXPECT_EQ(test::error_of([&] { open_archive(file.path()); }),
            "a folder: an archive that was unpacked, it seems; give the .pt file itself");
}

struct Case {
  std::string_view bytes;
  const char* refusal;
};

TEST(Recognize, FilesOfOtherKinds) {
  const std::string tar = "model.pt" + std::string(249, '\0') + "ustar  " + std::string(300, '\0');
  const Case cases[] = {
      {"", "the file is empty"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n",
       "a Git LFS pointer, not the file that it points to; run git lfs pull"},
      {"\n <!DOCTYPE html><html>",
       "an HTML page, not the file behind it: a download that went wrong"},
      {"<html lang=en>", "an HTML page, not the file behind it: a download that went wrong"},
      {"\x02\0\0\0\0\0\0\0{}"sv,
       "a safetensors file: weights without the computation; load it into the model, and save "
       "torch.jit.trace(model, inputs)"},
      {"\x89HDF\r\n\x1a\n...."sv,
       "an HDF5 file (Keras weights); it holds no TorchScript: trace the model in PyTorch"},
      {"\x18\0\0\0PTMF...."sv,
       "a flatbuffer for PyTorch's mobile runtime; save the model as TorchScript, with "
       "torch.jit.save"},
      {"\x08\x07\x12\x07pytorch\x1a\x03"sv,
       "an ONNX model; it holds no TorchScript: trace the PyTorch model that it was exported from"},
      {"\x08\x01\x12\x90\x20\x0a\x10\x0a\x04NoOp"sv,
       "a TensorFlow SavedModel; it holds no TorchScript: trace the model in PyTorch"},
      {"GGUF\x03\0\0\0"sv, "a GGUF file: weights without TorchScript; trace the model in PyTorch"},
      {"\x1f\x8b\x08....", "compressed by gzip; decompress it first"},
      {"7z\xbc\xaf\x27\x1c....", "a 7z archive; unpack it first"},
      {"Rar!\x1a\x07\x01", "a RAR archive; unpack it first"},
      {tar, "a tar archive; unpack it first"},
      {"import torch\n", "a text file, not a TorchScript archive"},
      {"\x93NUMPY\x01\0"sv, "a NumPy array, not a TorchScript archive"},
      {"\x01\x02\x03\x04\x05", "not a TorchScript archive: not a zip file"},
      {"PK\x03\x04 and no more", "a zip file without its end: truncated; copy it again"},
  };
  for (const Case& c : cases) EXPECT_EQ(refusal_of(c.bytes), c.refusal);
}

TEST(Recognize, PicklesOfTorchSave) {
  const std::string legacy =
      "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.";
  EXPECT_EQ(
      refusal_of(legacy + "\x80\x02"
                          "ctorch._utils\n_rebuild_tensor_v2\n"),
      "a state_dict or checkpoint that torch.save (before PyTorch 1.6) wrote: weights without "
      "the computation; load it into the model, and save torch.jit.trace(model, inputs)");
  EXPECT_EQ(
      refusal_of(legacy + "\x80\x02"
                          "ctorch.nn.modules.linear\nLinear\n"),
      "a whole module that torch.save (before PyTorch 1.6) wrote: a pickle of Python objects, "
      "without TorchScript; load it with the Python code that wrote it, and save "
      "torch.jit.trace(model, inputs)");
  EXPECT_EQ(refusal_of("\x80\x04\x95...."),
            "a pickle of Python objects, not a TorchScript archive; load it with the Python code "
            "that wrote it, and save torch.jit.trace(model, inputs)");
}

TEST(Recognize, ZipFilesOfTorchSave) {
  const std::string weights =
      PickleMaker().tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1}).stop();
  EXPECT_EQ(
      refusal_of_zip(
          {{"archive/data.pkl", weights}, {"archive/data/0", "x"}, {"archive/version", "3\n"}}),
      "a state_dict or checkpoint that torch.save wrote: weights without the computation; load "
      "it into the model, and save torch.jit.trace(model, inputs)");
  EXPECT_EQ(
      refusal_of_zip(
          {{"archive/data.pkl", PickleMaker().global("torch.nn.modules.linear", "Linear").stop()}}),
      "a whole module that torch.save wrote: a pickle of Python objects, without TorchScript; "
      "load it with the Python code that wrote it, and save torch.jit.trace(model, inputs)");
}

TEST(Recognize, OtherZipFiles) {
  const char* const exported =
      "a program that torch.export wrote: no TorchScript; save torch.jit.trace(model, inputs) "
      "instead";
  EXPECT_EQ(refusal_of_zip({{"serialized_exported_program.json", "{}"}}), exported);
  EXPECT_EQ(
      refusal_of_zip({{"archive/archive_format", "pt2"}, {"archive/models/model.json", "{}"}}),
      exported);
  EXPECT_EQ(refusal_of_zip({{"x/readme.txt", "hello"}, {"x/model.pt", "PK\x03\x04"}}),
            "a zip file with another inside: x/model.pt; unpack it and give that file");
  EXPECT_EQ(refusal_of_zip({{"arr_0.npy", "\x93NUMPY"}}),
            "a NumPy .npz file, not a TorchScript archive");
  EXPECT_EQ(refusal_of_zip({{"readme.txt", "hello"}}),
            "a zip file without a TorchScript archive: no data.pkl or model.json beside a folder "
            "code/; its first entry is readme.txt");
}

}  // namespace
}  // namespace henson::loader
