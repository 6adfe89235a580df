/**
 * Small files as NumPy 2 and SciPy 1.17 write them, so that our readers are not compared with our own idea of the formats alone.
 * Each holds [[0, 0.5, 1, 1.5, 2], [2.5, 3, 3.5, 4, 4.5]] or twice that. Deflated, base64.
 */
import { inflateSync } from 'node:zlib';

const PACKED = {
  npyBigEndianFortran:
    'eNqb7BfqGxDJyFDGUK2eklqcXKRupaBul2airqOgnpZfVFKUmBefX5SSChIPKSpNBQoXZyQWpAK5GkY6CqaaOgq1CuQDLgYgcFBgYLAH0Q5AugFIJwDpA0AaxAaJT2BgAADtBCCS',
  npyVersion3Half:
    'eNqb7BfqGxDJzFDCwMBQrZ6SWpxcpG6loG6TZqSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CqaaOgq1CmQCLqC1Fgw2DHYMDgyODE4MzgwuDS4AWK0d7A==',
  npz: 'eNoL8GZm0WWAAEWG8GdBF/9DASuDCEOFXl5BJSODAMMFqBIYPdkv1DcgkpGhjKFaPSW1OLlI3UpB3SbNQl1HQT0tv6ikKDEvPr8oJRUk7paYU5wKFC/OSCxIBfI1jHQUTDV1FGoVyAZcDCjggT2E/gClf0BpBgcIxQKlOaA0D5QWgNJCDgEowTCze2UqLBjYgMGQVgwLhw6omg5qhANlYYAIB4d8NPdHL1C/A3M/D9D9yRnxeYm5qXBfzICqnIHXF6HGRMYmpf7gcgO6oQCIDYHYH4iroO4K8GZk0mVGTZ4XoKmQFSn+GxhBJDixomsBRWUHNMLYULSwAzVBIhZdDyj4ZkCDhwdFz3GgHuTADPBmBRvKDIQLgfRcJhAPACS5o9g=',
  npzCompressed:
    'eNoL8GZm0WVgYOAAYkUGsZKiPf+hgJVBhKFCL6+gkpFBgGEKAwQEQenZb8RfSQucPBFwLGDtvElRc2KW5C1dkDc5c8m6xQvmTYsPCZoyQ3x+/JRJXEL8mlq+rFzi6SpiS5h2Si2z4nKbZcW1lesJsx6bQgKLk5pCCpuTmAILQwCKQ0QmnjSBOUQQ6JDixNyCnMy89PiixJJUmKM6oI7xJOCohRiOKvc+o+nH2gVx1U+pNiuwm0QY9Njc2AwY0NxSufXCH5hbuIBuyUlMSs0phjmiDWq5Fz5HxAnnrCHkCDe4I7YzOf/XYgO6gpFJlxk1ckDhD4oLVgYEaGAEkeCoQtcCCkZQ6IBCShBFSyeQxAhUdO0gn4P8BfIjF4p2UaCdiHAI8GZlA4kzA+EqUBiAXQQAoEWnLQ==',
  mat5: 'eNrzdQzxcXRSMNUzUPB1DNFNy8xJVQjISSxJyy/KtVIoyC/OrNBRcC5KTSxJTVHIz7NSCAfSfvllCkamCgYGVsbmVibGCkYGRmYMZABGT18+INUAxGxAzAGlQYAVymeCshkZWBhSEksSOYHsAAyDWBwg9AN7CM0B5X+A8nmg/B9QvgCUzwClhRxA7rBAcgcfmjsY4ZiJIa0YaCJU/BdUHUj9AiT9jFj0M0FpkJqcxKTUnGKIPgMkfSx49IFdDuQ5G5Opr4qBAQDDuCVp',
  mat5Compressed:
    'eNrzdQzxcXRSMNUzUPB1DNFNy8xJVQjISSxJyy/KtVIoyC/OrNBRcC5KTSxJTVHIz7NSCAfSfvllCkamCgYGVsbmVibGCkYGRmYMZABGT19+ILUCiCvmPE5OSLiQkJSQwHxJxoEnpYlRe8p5juNneNate+dQKMbmt2KGicBylWkqTaYi4qrTljRJnJTsrLT8efKoQPGPhhvNjIl24rN++gSYKYfMkexwXaAl0bhrhsSNxiSZgGjFZ5EKM4+3Xd4rcIBTtL2BhX1Dnduff6lOl/g/6VtP4b80e/KMKbOCzwgwGguqpDU8kRNjesbJUHnu2JRfj5ttLb/9Cg/M0m9mZnC1E5IFAJPdXPw=',
  mat4: 'eNqTY2BgYAJiVgYIYAHissQcsAgjAxtQjp2BmYEDKM4JlmeEYhBgBuK0Ygi7ocwBAGLuA64=',
} as const;

export type GoldenArray = keyof typeof PACKED;

export function goldenBytes(name: GoldenArray): Uint8Array {
  return Uint8Array.from(inflateSync(Buffer.from(PACKED[name], 'base64')));
}
