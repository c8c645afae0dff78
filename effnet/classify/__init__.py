"""More answers about pictures: engines, other networks, damage, mistakes, many pictures.

engines      the same network by other engines, each checked against PyTorch's plain modules
answers      several networks on one picture: ladder, ensemble, resolution dial
perturb      blur, noise, JPEG, brightness, rotation, occlusion
breakage     the usual mistakes in preprocessing, made on purpose
files        pictures in folders, zips and uploads
evaluate     accuracy on labelled pictures, resumed after a break
download     weights over a network, resumed after a break
own          a file of one's own: whose names it has, what fits and what does not
"""
