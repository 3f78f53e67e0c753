"""What people draw on pictures, kept with them as DICOM."""
